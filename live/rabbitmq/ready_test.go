package rabbitmq

import (
	"encoding/binary"
	"strings"
	"testing"
	"testing/iotest"
)

// frame is a frame on channel 0.
func frame(kind byte, payload string) string {
	head := binary.BigEndian.AppendUint32([]byte{kind, 0, 0}, uint32(len(payload)))
	return string(head) + payload + "\xce"
}

func TestReadGreeting(t *testing.T) {
	// as RabbitMQ 3.10.8 sends it, shortened
	const properties = "\x0ccapabilitiesF\x00\x00\x00\x15\x12publisher_confirmst\x01" +
		"\x0ccluster_nameS\x00\x00\x00\x0elockstep-ab@vm" +
		"\x07productS\x00\x00\x00\x08RabbitMQ" +
		"\x07versionS\x00\x00\x00\x063.10.8"
	start := "\x00\x0a\x00\x0a\x00\x09\x00\x00\x00\x80" + properties + "\x00\x00\x00\x05PLAIN\x00\x00\x00\x05en_US"
	for _, test := range []struct {
		name, bytes string
		want        string
		refused     bool
	}{
		{"RabbitMQ's", frame(1, start), "3.10.8", false},
		{"no properties", frame(1, "\x00\x0a\x00\x0a\x00\x09\x00\x00\x00\x00"), "", false},
		{"a length beyond the frame", frame(1, "\x00\x0a\x00\x0a\x07versionS\xff\xff\xff\xff3"), "3", false},
		{"a name without its value", frame(1, "\x00\x0a\x00\x0a\x07versionS\x00"), "", false},
		{"nothing", "", "", true},
		{"half a frame", frame(1, start)[:50], "", true},
		{"a protocol header", "AMQP\x00\x00\x09\x01", "", true},
		{"HTTP", "HTTP/1.1 400 Bad Request\r\n\r\n", "", true},
		{"a heartbeat", frame(8, "\x00\x0a\x00\x0a"), "", true},
		{"another method", frame(1, "\x00\x0a\x00\x32"), "", true},
		{"an endless frame", "\x01\x00\x00\xff\xff\xff\xff", "", true},
	} {
		got, err := readGreeting(iotest.OneByteReader(strings.NewReader(test.bytes)))
		if (err != nil) != test.refused {
			t.Errorf("%s: error %v", test.name, err)
		}
		if got != test.want {
			t.Errorf("%s: version %q, want %q", test.name, got, test.want)
		}
	}
}

func TestIsReady(t *testing.T) {
	for notice, want := range map[string]bool{ // as RabbitMQ 3.10.8 sends them
		"STATUS=Startup in progress\n": false,
		"READY=1\nSTATUS=\n":           true,
		"STATUS=Standing by\n":         false,
		"STATUS=READY=1\n":             false,
		"":                             false,
	} {
		if got := isReady([]byte(notice)); got != want {
			t.Errorf("isReady(%q) = %v", notice, got)
		}
	}
}
