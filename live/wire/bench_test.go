package wire

import (
	"bytes"
	"fmt"
	"io"
	"testing"

	"github.com/lockstep-prover/lockstep/model/amqp"
)

func publishOf(size int) amqp.Frame {
	return amqp.Frame{Channel: 1, Method: amqp.BasicPublish{RoutingKey: "lock", Mandatory: true, Message: amqp.Message{
		Properties: amqp.Properties{Present: amqp.HasDeliveryMode | amqp.HasMessageID, DeliveryMode: 2, MessageID: "m1"},
		Body:       body(size),
	}}}
}

func BenchmarkAppendPublish(b *testing.B) {
	for _, size := range []int{0, 100, 1 << 20} {
		b.Run(fmt.Sprint(size), func(b *testing.B) {
			f := publishOf(size)
			dst := encode(b, f, DefaultFrameMax)
			b.SetBytes(int64(len(dst)))
			b.ReportAllocs()
			for b.Loop() {
				var err error
				if dst, err = Append(dst[:0], f, DefaultFrameMax); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkReadPublish(b *testing.B) {
	for _, size := range []int{0, 100, 1 << 20} {
		b.Run(fmt.Sprint(size), func(b *testing.B) {
			one := encode(b, publishOf(size), DefaultFrameMax)
			r := NewReader(&endless{octets: one})
			b.SetBytes(int64(len(one)))
			b.ReportAllocs()
			for b.Loop() {
				if _, err := r.Next(); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// endless reads the same octets again and again.
type endless struct {
	octets []byte
	rest   bytes.Reader
}

func (e *endless) Read(p []byte) (int, error) {
	n, err := e.rest.Read(p)
	if err == io.EOF {
		e.rest.Reset(e.octets)
		return e.rest.Read(p)
	}
	return n, err
}
