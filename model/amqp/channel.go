package amqp

import "fmt"

// The methods of class channel (§1.4.2).
type (
	ChannelOpen   struct{}
	ChannelOpenOk struct{}
	// ChannelClose ends a channel; ClassID and MethodID name the method that caused it, if one did.
	ChannelClose struct {
		Code              Code
		Text              string
		ClassID, MethodID uint16
	}
	ChannelCloseOk struct{}
	// ChannelFlow asks the peer to stop sending content, or to go on.
	ChannelFlow   struct{ Active bool }
	ChannelFlowOk struct{ Active bool }
)

func (ChannelOpen) ID() (class, method uint16)    { return 20, 10 }
func (ChannelOpenOk) ID() (class, method uint16)  { return 20, 11 }
func (ChannelClose) ID() (class, method uint16)   { return 20, 40 }
func (ChannelCloseOk) ID() (class, method uint16) { return 20, 41 }
func (ChannelFlow) ID() (class, method uint16)    { return 20, 20 }
func (ChannelFlowOk) ID() (class, method uint16)  { return 20, 21 }

func (ChannelOpen) String() string     { return "channel.open" }
func (ChannelOpenOk) String() string   { return "channel.open-ok" }
func (m ChannelClose) String() string  { return "channel.close " + m.Code.String() }
func (ChannelCloseOk) String() string  { return "channel.close-ok" }
func (m ChannelFlow) String() string   { return fmt.Sprintf("channel.flow active=%t", m.Active) }
func (m ChannelFlowOk) String() string { return fmt.Sprintf("channel.flow-ok active=%t", m.Active) }
