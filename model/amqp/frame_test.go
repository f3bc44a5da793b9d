package amqp_test

import (
	"reflect"
	"testing"

	"github.com/lockstep-prover/lockstep/model/amqp"
)

// frames differ from each other, in one thing at least.
var frames = []amqp.Frame{
	{Method: amqp.BasicAck{Tag: 1}},
	{Channel: 1, Method: amqp.BasicAck{Tag: 1}},
	{Channel: 1, Method: amqp.BasicAck{Tag: 1, Multiple: true}},
	{Channel: 1, Method: amqp.BasicNack{Tag: 1}},
	{Channel: 1, Method: amqp.QueueDeclare{Queue: "q"}},
	{Channel: 1, Method: amqp.QueueDeclare{Queue: "q", Exclusive: true}},
	{Channel: 1, Method: amqp.QueueDeclare{Queue: "q", Arguments: amqp.MustTable(amqp.Field{Name: "x-max-length", Value: int32(0)})}},
	{Channel: 1, Method: amqp.BasicPublish{RoutingKey: "q"}},
	{Channel: 1, Method: amqp.BasicPublish{Exchange: "q"}},
	{Channel: 1, Method: amqp.BasicPublish{RoutingKey: "q", Seq: 1}},
	{Channel: 1, Method: amqp.BasicPublish{RoutingKey: "q", Message: amqp.Message{Body: "b"}}},
	{Channel: 1, Method: amqp.BasicPublish{RoutingKey: "q", Message: amqp.Message{Properties: amqp.Properties{AppID: "b"}}}},
	{Channel: 1, Method: amqp.BasicPublish{RoutingKey: "q", Message: amqp.Message{Properties: amqp.Properties{ClusterID: "b"}}}},
	{Channel: 1, Method: amqp.BasicPublish{RoutingKey: "q", Message: amqp.Message{Properties: amqp.Properties{Timestamp: 1}}}},
	{Channel: 1, Method: amqp.BasicPublish{RoutingKey: "q", Message: amqp.Message{Properties: amqp.Properties{Present: amqp.HasTimestamp}}}},
	{Channel: 1, Method: amqp.BasicReturn{RoutingKey: "q"}},
	{Channel: 1, Method: amqp.BasicDeliver{RoutingKey: "q"}},
}

// No encoding of a frame, or of a state that ends with one, is the beginning of another's: states that hold several frames differ as well.
func TestAppendFrame(t *testing.T) {
	for i, f := range frames {
		for j, g := range frames {
			one, other := string(amqp.AppendFrame(nil, f)), string(amqp.AppendFrame(nil, g))
			if i != j && len(one) <= len(other) && other[:len(one)] == one {
				t.Errorf("%v begins as %v", g, f)
			}
		}
	}
}

// Every field of a method with content is in its encoding.
func TestAppendFrameLeavesNothingOut(t *testing.T) {
	for _, m := range []amqp.Method{amqp.BasicPublish{}, amqp.BasicReturn{}, amqp.BasicDeliver{}, amqp.BasicGetOk{}} {
		whole := reflect.New(reflect.TypeOf(m)).Elem()
		var each func(v reflect.Value, path string)
		each = func(v reflect.Value, path string) {
			switch {
			case v.Kind() == reflect.Struct:
				for i := range v.NumField() {
					each(v.Field(i), path+"."+v.Type().Field(i).Name)
				}
				return
			case v.Kind() == reflect.String:
				v.SetString("x")
			case v.Kind() == reflect.Bool:
				v.SetBool(true)
			default:
				v.SetUint(1)
			}
			frame := amqp.Frame{Method: whole.Interface().(amqp.Method)}
			if string(amqp.AppendFrame(nil, frame)) == string(amqp.AppendFrame(nil, amqp.Frame{Method: m})) {
				t.Errorf("%T%s is not in the encoding", m, path)
			}
			v.SetZero()
		}
		each(whole, "")
	}
}

func BenchmarkAppendFrame(b *testing.B) {
	b.ReportAllocs()
	var dst []byte
	for b.Loop() {
		for _, f := range frames {
			dst = amqp.AppendFrame(dst[:0], f)
		}
	}
}
