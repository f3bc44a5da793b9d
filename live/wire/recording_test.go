package wire

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/lockstep-prover/lockstep/model/amqp"
)

// TestRecording reads what RabbitMQ 3.10.8 and amqp091-go 1.16.0 really said to each other; items.txt says what that was.
// Encoding it again gives the same octets, but for the order of fields in tables.
func TestRecording(t *testing.T) {
	const dir = "testdata/rabbitmq-3.10.8/"
	var got strings.Builder
	for _, side := range []string{"client", "server"} {
		stream, err := os.ReadFile(dir + side)
		if err != nil {
			t.Fatal(err)
		}
		items, err := readAll(stream)
		if err != io.EOF {
			t.Errorf("%s: %v", side, err)
		}
		var raw []byte
		for _, item := range items {
			raw = append(raw, item.Raw...)
			fmt.Fprintf(&got, "%s: %s\n", side, render(item))
			if item.Kind != Frame {
				continue
			}
			again := encode(t, item.Frame, MinFrameMax)
			if !bytes.Equal(again, item.Raw) && !hasTable(item.Frame.Method) {
				t.Errorf("%s: %v\nwas     %x\nbecomes %x", side, item.Frame, item.Raw, again)
			}
			if diff := cmp.Diff(len(item.Raw), len(again)); diff != "" {
				t.Errorf("%s: %v: size (-was +becomes):\n%s", side, item.Frame, diff)
			}
		}
		if !bytes.Equal(raw, stream) {
			t.Errorf("%s: the items' octets are not the stream's", side)
		}
	}
	want, err := os.ReadFile(dir + "items.txt")
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got.String()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func render(item Item) string {
	switch item.Kind {
	case Heartbeat:
		return "heartbeat"
	case ProtocolHeader:
		return fmt.Sprintf("protocol header %q", item.Raw)
	}
	s := item.Frame.String()
	switch m := item.Frame.Method.(type) {
	case amqp.BasicPublish:
		s += fmt.Sprintf(" %+v, %d octets", m.Message.Properties, len(m.Message.Body))
	case amqp.BasicReturn:
		s += fmt.Sprintf(" %+v, %d octets", m.Message.Properties, len(m.Message.Body))
	case amqp.ConnectionStart:
		s += " " + m.ServerProperties.String()
	case amqp.ConnectionStartOk:
		s += " " + m.ClientProperties.String()
	}
	return s
}

func hasTable(m amqp.Method) bool {
	switch m.(type) {
	case amqp.ConnectionStart, amqp.ConnectionStartOk, amqp.QueueDeclare:
		return true
	}
	return false
}
