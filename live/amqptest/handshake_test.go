package amqptest_test

import (
	"fmt"
	"testing"

	amqp091 "github.com/rabbitmq/amqp091-go"

	"github.com/lockstep-prover/lockstep/live/amqptest"
	"github.com/lockstep-prover/lockstep/live/wire"
	"github.com/lockstep-prover/lockstep/model/amqp"
	"github.com/lockstep-prover/lockstep/model/broker"
)

// Clients do some things with a RabbitMQ only, or with some versions; amqp091-go's own tests are an example.
func TestServerSaysWhichRabbitMQItIs(t *testing.T) {
	for profile, want := range map[broker.Profile]string{
		broker.RabbitMQ310: "RabbitMQ 3.10.8+lockstep",
		broker.RabbitMQ40:  "RabbitMQ 4.0.5+lockstep",
		broker.RabbitMQ43:  "RabbitMQ 4.3.6+lockstep",
	} {
		properties := connect(t, serve(t, amqptest.Options{Machine: amqptest.Machine{Profile: profile}}).URL(), amqp091.Config{}).Properties
		if got := fmt.Sprintf("%v %v", properties["product"], properties["version"]); got != want {
			t.Errorf("the server of profile %v is %s, not %s", profile, got, want)
		}
	}
}

// TestHandshake holds the server to what RabbitMQ 3.10.8 answers to clients that depart from the handshake. Where that is nothing,
// RabbitMQ resets the connection after three seconds, and we at once.
func TestHandshake(t *testing.T) {
	s := serve(t, amqptest.Options{})
	header := wire.Version091
	startOk := frames(t, 0, login{}.startOk())
	tuneOk := frames(t, 0, amqp.ConnectionTuneOk{ChannelMax: 2047, FrameMax: 131072})
	open := frames(t, 0, amqp.ConnectionOpen{VirtualHost: "/"})
	heartbeat := string(wire.AppendHeartbeat(nil))
	tuned := func(channelMax uint16, frameMax uint32) string {
		return header + startOk + frames(t, 0, amqp.ConnectionTuneOk{ChannelMax: channelMax, FrameMax: frameMax}) + open
	}
	plain := func(response string) string {
		return header + frames(t, 0, login{mechanism: "PLAIN", response: response}.startOk())
	}
	named := login{mechanism: "AMQPLAIN", response: string(amqp.MustTable(
		amqp.Field{Name: "LOGIN", Value: "guest"}, amqp.Field{Name: "PASSWORD", Value: "guest"}))}

	const (
		start  = "connection.start 0-9 mechanisms=\"PLAIN AMQPLAIN\""
		tune   = start + ", connection.tune channel-max=2047 frame-max=131072 heartbeat=60"
		opened = tune + ", connection.open-ok"
	)
	for name, c := range map[string]struct{ says, want string }{
		"right":          {header + startOk + tuneOk + open, opened},
		"with heartbeat": {header + heartbeat + startOk + heartbeat + tuneOk + heartbeat + open, opened},
		"nothing":        {"", ""},
		"half a header":  {"AMQP", ""},
		"AMQP 0-9":       {"AMQP\x00\x00\x09\x00", "protocol header"},
		"AMQP 1.0":       {"AMQP\x00\x01\x00\x00", "protocol header"},
		"HTTP":           {"GET / HTTP/1.1\r\n\r\n", "protocol header"},
		"only a frame":   {heartbeat, "protocol header"},
		"header twice":   {header + header, start},

		"tune-ok for start-ok":   {header + tuneOk, start},
		"open for start-ok":      {header + open, start},
		"start-ok on channel 1":  {header + frames(t, 1, login{}.startOk()), start},
		"garbage for start-ok":   {header + "garbage garbage", start},
		"EXTERNAL":               {header + frames(t, 0, login{mechanism: "EXTERNAL", response: "guest"}.startOk()), start},
		"PLAIN in small letters": {header + frames(t, 0, login{mechanism: "plain", response: "\x00guest\x00guest"}.startOk()), start},
		"PLAIN as somebody":      {plain("guest\x00guest\x00guest"), start},
		"PLAIN without password": {plain("\x00guest"), start},
		"AMQPLAIN":               {header + frames(t, 0, named.startOk()) + tuneOk + open, opened},
		"AMQPLAIN without names": {header + frames(t, 0, login{mechanism: "AMQPLAIN"}.startOk()), start},
		"AMQPLAIN garbage":       {header + frames(t, 0, login{mechanism: "AMQPLAIN", response: "garbage"}.startOk()), start},

		"start-ok twice":         {header + startOk + startOk, tune},
		"open for tune-ok":       {header + startOk + open, tune},
		"all channels":           {tuned(0, 131072), tune},
		"a channel too many":     {tuned(2048, 131072), tune},
		"frames of any size":     {tuned(2047, 0), tune},
		"frames too large":       {tuned(2047, 131073), tune},
		"frames too small":       {tuned(2047, 4095), tune},
		"small frames":           {tuned(1, 4096), opened},
		"channel.open for open":  {header + startOk + tuneOk + frames(t, 1, amqp.ChannelOpen{}), tune + ", connection.close 505 UNEXPECTED_FRAME"},
		"tune-ok twice":          {header + startOk + tuneOk + tuneOk, tune + ", connection.close 504 CHANNEL_ERROR"},
		"close for open":         {header + startOk + tuneOk + frames(t, 0, amqp.ConnectionClose{}), tune + ", connection.close 504 CHANNEL_ERROR"},
		"garbage for open":       {header + startOk + tuneOk + "garbage garbage", tune + ", connection.close 501 FRAME_ERROR"},
		"unknown virtual host":   {header + startOk + tuneOk + frames(t, 0, amqp.ConnectionOpen{VirtualHost: "v"}), tune + ", connection.close 530 NOT_ALLOWED"},
		"authenticated and gone": {header + startOk, tune},
	} {
		t.Run(name, func(t *testing.T) {
			client := dial(t, s.Addr())
			client.write(c.says)
			client.socket.CloseWrite()
			if got := client.rest(); got != c.want {
				t.Errorf("the server says\n%s\nwant\n%s", got, c.want)
			}
		})
	}
}
