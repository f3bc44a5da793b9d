package wire

import (
	"fmt"
	"io"
	"math"
	"net"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	amqp091 "github.com/rabbitmq/amqp091-go"

	"github.com/lockstep-prover/lockstep/model/amqp"
)

// TestPeer talks to RabbitMQ's own Go client, which shares no code with this package: what it says must be read as what it
// was asked to say, and what is answered must reach its caller.
func TestPeer(t *testing.T) {
	headers := amqp091.Table{
		"bool": true, "int8": int8(-8), "uint8": uint8(200), "int16": int16(-16), "uint16": uint16(60000), "int32": int32(-32),
		"uint32": uint32(1 << 31), "int64": int64(-64), "float": float32(1.5), "double": math.Pi, "string": "text", "void": nil,
		"decimal": amqp091.Decimal{Scale: 2, Value: 314}, "bytes": []byte{0, 255}, "time": time.Unix(1600000000, 0),
		"table": amqp091.Table{"z": int32(1), "a": amqp091.Table{}}, "array": []any{int32(1), "two", amqp091.Table{"k": nil}},
	}
	sent := amqp091.Publishing{
		Headers: headers, ContentType: "text/plain", ContentEncoding: "identity", DeliveryMode: amqp091.Persistent, Priority: 9,
		CorrelationId: "correlation", ReplyTo: "reply", Expiration: "60000", MessageId: "message",
		Timestamp: time.Unix(1600000000, 0), Type: "type", UserId: "guest", AppId: "app", Body: []byte(body(2*MinFrameMax + 1)),
	}
	message := amqp.Message{
		Properties: amqp.Properties{
			Present: amqp.HasContentType | amqp.HasContentEncoding | amqp.HasHeaders | amqp.HasDeliveryMode | amqp.HasPriority |
				amqp.HasCorrelationID | amqp.HasReplyTo | amqp.HasExpiration | amqp.HasMessageID | amqp.HasTimestamp |
				amqp.HasType | amqp.HasUserID | amqp.HasAppID,
			ContentType: "text/plain", ContentEncoding: "identity", DeliveryMode: 2, Priority: 9, CorrelationID: "correlation",
			ReplyTo: "reply", Expiration: "60000", MessageID: "message", Timestamp: 1600000000, Type: "type", UserID: "guest",
			AppID: "app",
			Headers: table("bool", true, "int8", int8(-8), "uint8", uint8(200), "int16", int16(-16), "uint16", uint16(60000),
				"int32", int32(-32), "uint32", uint32(1<<31), "int64", int64(-64), "float", amqp.Float(math.Float32bits(1.5)),
				"double", amqp.Double(math.Float64bits(math.Pi)), "string", "text", "void", nil,
				"decimal", amqp.Decimal{Scale: 2, Value: 314}, "bytes", amqp.Bytes("\x00\xff"),
				"time", amqp.Timestamp(1600000000), "table", table("z", int32(1), "a", amqp.Table("")),
				"array", amqp.MustArray(int32(1), "two", table("k", nil))),
		},
		Body: body(2*MinFrameMax + 1),
	}
	capabilities := table("connection.blocked", true, "consumer_cancel_notify", true, "basic.nack", true,
		"publisher_confirms", true)
	declare := amqp.QueueDeclare{Queue: "lock", Durable: true, Exclusive: true,
		Arguments: table("x-max-length", int32(1), "x-overflow", "reject-publish")}
	publish := amqp.BasicPublish{Exchange: "x", RoutingKey: "key", Mandatory: true, Message: message}
	returned := amqp.BasicReturn{Code: amqp.NoRoute, Text: "NO_ROUTE", Exchange: "x", RoutingKey: "key", Message: message}
	start := amqp.ConnectionStart{VersionMinor: 9, Mechanisms: "AMQPLAIN PLAIN", Locales: "en_US",
		ServerProperties: table("product", "Lockstep", "capabilities", table("basic.nack", true))}

	on := func(ch amqp.Channel, m amqp.Method) amqp.Frame { return amqp.Frame{Channel: ch, Method: m} }
	script := []exchange{
		{on(0, amqp.ConnectionStartOk{Mechanism: "PLAIN", Response: "\x00me\x00pw", Locale: "en_US",
			ClientProperties: table("product", "test", "capabilities", capabilities)}),
			[]amqp.Frame{on(0, amqp.ConnectionTune{ChannelMax: 7, FrameMax: MinFrameMax, Heartbeat: 600})}},
		{on(0, amqp.ConnectionTuneOk{ChannelMax: 7, FrameMax: MinFrameMax, Heartbeat: 600}), nil},
		{on(0, amqp.ConnectionOpen{VirtualHost: "/v"}), []amqp.Frame{on(0, amqp.ConnectionOpenOk{})}},
		{on(1, amqp.ChannelOpen{}), []amqp.Frame{on(1, amqp.ChannelOpenOk{})}},
		{on(1, amqp.ConfirmSelect{}), []amqp.Frame{on(1, amqp.ConfirmSelectOk{})}},
		{on(1, declare), []amqp.Frame{on(1, amqp.QueueDeclareOk{Queue: "lock", MessageCount: 3, Consumers: 2})}},
		{on(1, amqp.QueueDeclare{Queue: "lock", Passive: true, AutoDelete: true}),
			[]amqp.Frame{on(1, amqp.QueueDeclareOk{Queue: "lock", MessageCount: 1 << 20})}},
		{on(1, publish), []amqp.Frame{on(1, returned), on(1, amqp.BasicAck{Tag: 1})}},
		{on(1, amqp.BasicPublish{RoutingKey: "lock", Immediate: true}), nil},
		{on(1, amqp.BasicPublish{RoutingKey: "lock", Message: amqp.Message{Body: "2"}}),
			[]amqp.Frame{on(1, amqp.BasicNack{Tag: 3, Multiple: true})}},
		{on(1, amqp.BasicAck{Tag: 1 << 33, Multiple: true}), nil},
		{on(1, amqp.BasicNack{Tag: 5, Requeue: true}), nil},
		{on(1, amqp.QueueDelete{Queue: "lock", IfUnused: true}), []amqp.Frame{on(1, amqp.QueueDeleteOk{MessageCount: 5})}},
		{on(1, amqp.QueueDelete{Queue: "lock", IfEmpty: true}),
			[]amqp.Frame{on(1, amqp.ChannelClose{Code: amqp.ResourceLocked, Text: "RESOURCE_LOCKED - no",
				ClassID: 50, MethodID: 40})}},
		{on(1, amqp.ChannelCloseOk{}), nil},
		{on(2, amqp.ChannelOpen{}), []amqp.Frame{on(2, amqp.ChannelOpenOk{})}},
		{on(2, amqp.ChannelClose{Code: amqp.Success}), []amqp.Frame{on(2, amqp.ChannelCloseOk{})}},
		{on(0, amqp.ConnectionClose{Code: amqp.Success, Text: "kthxbai"}), []amqp.Frame{on(0, amqp.ConnectionCloseOk{})}},
	}

	ours, theirs := net.Pipe()
	heard := make(chan error, 1)
	go func() { heard <- serve(ours, start, script) }()

	conn, err := amqp091.Open(theirs, amqp091.Config{
		SASL: []amqp091.Authentication{&amqp091.PlainAuth{Username: "me", Password: "pw"}}, Vhost: "/v", Locale: "en_US",
		Properties: amqp091.Table{"product": "test"},
	})
	if err != nil {
		t.Fatal(err, <-heard)
	}
	same := func(what string, want, got any) {
		t.Helper()
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-answered +reported by the client):\n%s", what, diff)
		}
	}
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err, <-heard)
		}
	}
	same("server properties", amqp091.Table{"product": "Lockstep", "capabilities": amqp091.Table{"basic.nack": true}},
		conn.Properties)

	ch, err := conn.Channel()
	must(err)
	must(ch.Confirm(false))
	q, err := ch.QueueDeclare("lock", true, false, true, false,
		amqp091.Table{"x-max-length": int32(1), "x-overflow": "reject-publish"})
	must(err)
	same("declare-ok", amqp091.Queue{Name: "lock", Messages: 3, Consumers: 2}, q)
	q, err = ch.QueueDeclarePassive("lock", false, true, false, false, nil)
	must(err)
	same("declare-ok", amqp091.Queue{Name: "lock", Messages: 1 << 20}, q)

	returns := ch.NotifyReturn(make(chan amqp091.Return, 1))
	confirm, err := ch.PublishWithDeferredConfirm("x", "key", true, false, sent)
	must(err)
	same("basic.return", amqp091.Return{ReplyCode: 312, ReplyText: "NO_ROUTE", Exchange: "x", RoutingKey: "key",
		Headers: headers, ContentType: sent.ContentType, ContentEncoding: sent.ContentEncoding, DeliveryMode: sent.DeliveryMode,
		Priority: sent.Priority, CorrelationId: sent.CorrelationId, ReplyTo: sent.ReplyTo, Expiration: sent.Expiration,
		MessageId: sent.MessageId, Timestamp: sent.Timestamp, Type: sent.Type, UserId: sent.UserId, AppId: sent.AppId,
		Body: sent.Body}, <-returns)
	same("basic.ack", true, confirm.Wait())
	second, err := ch.PublishWithDeferredConfirm("", "lock", false, true, amqp091.Publishing{})
	must(err)
	third, err := ch.PublishWithDeferredConfirm("", "lock", false, false, amqp091.Publishing{Body: []byte("2")})
	must(err)
	same("basic.nack", []bool{false, false}, []bool{second.Wait(), third.Wait()})
	must(ch.Ack(1<<33, true))
	must(ch.Nack(5, false, true))

	n, err := ch.QueueDelete("lock", true, false, false)
	must(err)
	same("delete-ok", 5, n)
	_, err = ch.QueueDelete("lock", false, true, false)
	same("channel.close", &amqp091.Error{Code: 405, Reason: "RESOURCE_LOCKED - no", Server: true, Recover: true}, err)
	ch, err = conn.Channel()
	must(err)
	must(ch.Close())
	must(conn.Close())
	must(<-heard)
}

// exchange is what a client says and what a server answers.
type exchange struct {
	says    amqp.Frame
	answers []amqp.Frame
}

// serve is the server's end of a connection that follows a script; a client that departs from it is the error. A heartbeat
// goes with all that it says.
func serve(conn net.Conn, start amqp.ConnectionStart, script []exchange) error {
	defer conn.Close()
	r := NewReader(conn)
	item, err := r.Next()
	if err != nil || item.Kind != ProtocolHeader || string(item.Raw) != Version091 {
		return fmt.Errorf("client began with %v %q, %v", item, item.Raw, err)
	}
	say := func(frames ...amqp.Frame) error {
		var out []byte
		for _, f := range frames {
			var err error
			if out, err = Append(out, f, MinFrameMax); err != nil {
				return err
			}
		}
		_, err := conn.Write(AppendHeartbeat(out))
		return err
	}
	if err := say(amqp.Frame{Method: start}); err != nil {
		return err
	}
	for _, step := range script {
		item, err := r.Next()
		if err != nil {
			return fmt.Errorf("reading %v: %w", step.says, err)
		}
		if diff := cmp.Diff(step.says, item.Frame); diff != "" {
			return fmt.Errorf("client (-was told to say +said):\n%s", diff)
		}
		if err := say(step.answers...); err != nil && err != io.ErrClosedPipe { // which a client does on close-ok
			return err
		}
	}
	return nil
}

// table makes a table of names and values in turn.
func table(pairs ...any) amqp.Table {
	var fields []amqp.Field
	for i := 0; i < len(pairs); i += 2 {
		fields = append(fields, amqp.Field{Name: pairs[i].(string), Value: pairs[i+1]})
	}
	return amqp.MustTable(fields...)
}
