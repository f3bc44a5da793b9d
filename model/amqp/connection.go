package amqp

import "fmt"

// The methods of class connection (§1.4.1). Those before ConnectionOpen never occur in a model.
type (
	ConnectionStart struct {
		VersionMajor, VersionMinor uint8
		ServerProperties           Table
		Mechanisms, Locales        string // separated by spaces
	}
	ConnectionStartOk struct {
		ClientProperties            Table
		Mechanism, Response, Locale string
	}
	ConnectionSecure   struct{ Challenge string }
	ConnectionSecureOk struct{ Response string }
	// ConnectionTune proposes limits; 0 is "none". Heartbeat is in seconds.
	ConnectionTune struct {
		ChannelMax uint16
		FrameMax   uint32
		Heartbeat  uint16
	}
	ConnectionTuneOk struct {
		ChannelMax uint16
		FrameMax   uint32
		Heartbeat  uint16
	}
	// ConnectionOpen opens a virtual host. Who the connection was authenticated as and what its client said it can take have been told
	// before that; here they are with it, and not on the wire.
	ConnectionOpen struct {
		VirtualHost   string
		User          string
		CancelNotify  bool // the client takes basic.cancel
		BlockedNotify bool // the client takes connection.blocked and connection.unblocked
	}
	ConnectionOpenOk struct{}
	// ConnectionClose ends a connection; ClassID and MethodID name the method that caused it, if one did.
	ConnectionClose struct {
		Code              Code
		Text              string
		ClassID, MethodID uint16
	}
	ConnectionCloseOk struct{}
	// ConnectionBlocked and ConnectionUnblocked (RabbitMQ) say that the broker does not read what the connection publishes, and that
	// it reads again.
	ConnectionBlocked   struct{ Reason string }
	ConnectionUnblocked struct{}
	// ConnectionUpdateSecret (RabbitMQ) replaces the credentials of a connection, for mechanisms in which they expire.
	ConnectionUpdateSecret   struct{ Secret, Reason string }
	ConnectionUpdateSecretOk struct{}
)

func (ConnectionStart) ID() (class, method uint16)          { return 10, 10 }
func (ConnectionStartOk) ID() (class, method uint16)        { return 10, 11 }
func (ConnectionSecure) ID() (class, method uint16)         { return 10, 20 }
func (ConnectionSecureOk) ID() (class, method uint16)       { return 10, 21 }
func (ConnectionTune) ID() (class, method uint16)           { return 10, 30 }
func (ConnectionTuneOk) ID() (class, method uint16)         { return 10, 31 }
func (ConnectionOpen) ID() (class, method uint16)           { return 10, 40 }
func (ConnectionOpenOk) ID() (class, method uint16)         { return 10, 41 }
func (ConnectionClose) ID() (class, method uint16)          { return 10, 50 }
func (ConnectionCloseOk) ID() (class, method uint16)        { return 10, 51 }
func (ConnectionBlocked) ID() (class, method uint16)        { return 10, 60 }
func (ConnectionUnblocked) ID() (class, method uint16)      { return 10, 61 }
func (ConnectionUpdateSecret) ID() (class, method uint16)   { return 10, 70 }
func (ConnectionUpdateSecretOk) ID() (class, method uint16) { return 10, 71 }

func (m ConnectionStart) String() string {
	return fmt.Sprintf("connection.start %d-%d mechanisms=%q", m.VersionMajor, m.VersionMinor, m.Mechanisms)
}
func (m ConnectionStartOk) String() string { return "connection.start-ok mechanism=" + m.Mechanism }
func (ConnectionSecure) String() string    { return "connection.secure" }
func (ConnectionSecureOk) String() string  { return "connection.secure-ok" }
func (m ConnectionTune) String() string {
	return fmt.Sprintf("connection.tune channel-max=%d frame-max=%d heartbeat=%d", m.ChannelMax, m.FrameMax, m.Heartbeat)
}
func (m ConnectionTuneOk) String() string {
	return fmt.Sprintf("connection.tune-ok channel-max=%d frame-max=%d heartbeat=%d", m.ChannelMax, m.FrameMax, m.Heartbeat)
}
func (m ConnectionOpen) String() string    { return "connection.open vhost=" + m.VirtualHost }
func (ConnectionOpenOk) String() string    { return "connection.open-ok" }
func (m ConnectionClose) String() string   { return "connection.close " + m.Code.String() }
func (ConnectionCloseOk) String() string   { return "connection.close-ok" }
func (m ConnectionBlocked) String() string { return fmt.Sprintf("connection.blocked %q", m.Reason) }
func (ConnectionUnblocked) String() string { return "connection.unblocked" }
func (m ConnectionUpdateSecret) String() string {
	return fmt.Sprintf("connection.update-secret reason=%q", m.Reason)
}
func (ConnectionUpdateSecretOk) String() string { return "connection.update-secret-ok" }
