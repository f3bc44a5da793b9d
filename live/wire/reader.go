package wire

import (
	"bufio"
	"io"
	"slices"

	"github.com/lockstep-prover/lockstep/model/amqp"
)

// Kind says what an [Item] is.
type Kind uint8

const (
	// Frame is a method, with all of its content.
	Frame Kind = 1 + iota
	// Heartbeat is a heartbeat frame.
	Heartbeat
	// ProtocolHeader is the letters AMQP and four octets that name a protocol and version, which only a stream's first
	// item can be. It is the header of AMQP 0-9-1 if Raw equals [Version091].
	ProtocolHeader
)

// Item is one thing read from a stream.
type Item struct {
	Kind Kind
	// Frame is the method of a Frame; the Seq of a publish is 0.
	Frame amqp.Frame
	// Raw is the octets that the item consisted of, as they were. Frames of other channels and heartbeats that came in
	// between are items of their own. Raw belongs to the reader, and is valid until Next is called again.
	Raw []byte
}

// DefaultBodyMax is the largest body that RabbitMQ 3.10 accepts unless configured otherwise.
const DefaultBodyMax = 128 << 20

// spareMax is how many octets of memory a reader keeps for the contents to come: what one large message took is given back.
const spareMax = 256 << 10

// Reader reads what one end of a connection sends. Not to be copied, nor used by two goroutines at once.
type Reader struct {
	// FrameMax is the connection's limit on a frame, overhead included, to be set when connection.tune-ok has been seen;
	// 0 is none. As RabbitMQ does, and for the sake of peers that leave the overhead out of account, the reader accepts
	// frames up to 8 octets larger.
	FrameMax uint32
	// BodyMax limits the body of a message, in octets; 0 is none.
	BodyMax uint64
	// UnfinishedMax limits, in octets, the frames of contents that are not complete yet, on all channels together; 0 is none. A peer
	// may begin a content on each channel.
	UnfinishedMax uint64

	in    *bufio.Reader
	begun bool
	err   error
	raw   []byte // the frame read last
	open  map[amqp.Channel]*content
	held  uint64 // octets of the contents in open
	spare []byte // of the content completed last, for the next
}

// NewReader returns a reader of r with FrameMax [DefaultFrameMax] and BodyMax [DefaultBodyMax]. It may read ahead in r.
func NewReader(r io.Reader) *Reader {
	return &Reader{
		FrameMax: DefaultFrameMax,
		BodyMax:  DefaultBodyMax,
		in:       bufio.NewReaderSize(r, 16<<10),
		open:     map[amqp.Channel]*content{},
	}
}

// Next returns the next item. A method with content is returned when its last frame has been read, so content that
// interleaves with frames of other channels (§4.2.6) comes after items that were complete earlier.
//
// The error is io.EOF where the stream ends between items, io.ErrUnexpectedEOF where it ends within a frame or between the
// frames of a content, an [*Error] where the peer has broken the protocol, and otherwise the underlying reader's. All are
// final: the same error is returned ever after.
func (r *Reader) Next() (Item, error) {
	if r.err != nil {
		return Item{}, r.err
	}
	item, err := r.next()
	if err != nil {
		r.err = err
		return Item{}, err
	}
	return item, nil
}

func (r *Reader) next() (Item, error) {
	if !r.begun {
		r.begun = true
		first, err := r.in.Peek(4)
		if err != nil && err != io.EOF {
			return Item{}, err
		}
		if string(first) == Version091[:4] {
			r.raw = r.raw[:0]
			if err := r.read(len(Version091)); err != nil {
				return Item{}, err
			}
			return Item{Kind: ProtocolHeader, Raw: r.raw}, nil
		}
	}
	for {
		kind, channel, payload, err := r.frame()
		if err != nil {
			return Item{}, err
		}
		c := r.open[channel]
		switch {
		case kind == heartbeatFrame:
			if channel != 0 {
				return Item{}, errorf(amqp.UnexpectedFrame, id{}, "heartbeat on channel %d", channel)
			}
			if len(payload) > 0 {
				return Item{}, errorf(amqp.FrameError, id{}, "heartbeat with %d octets of payload", len(payload))
			}
			return Item{Kind: Heartbeat, Raw: r.raw}, nil

		case c != nil:
			if err := r.hold(c); err != nil {
				return Item{}, err
			}
			complete, err := c.add(kind, payload, r.BodyMax)
			if err != nil {
				return Item{}, err
			}
			if complete {
				delete(r.open, channel)
				r.held -= uint64(len(c.raw))
				if cap(c.raw) <= spareMax {
					r.spare = c.raw
				}
				return Item{Kind: Frame, Frame: c.frame(), Raw: c.raw}, nil
			}

		case kind != methodFrame:
			return Item{}, errorf(amqp.UnexpectedFrame, id{}, "frame of type %d on channel %d where a method is expected",
				kind, channel)

		default:
			l, m, err := decodeMethod(payload)
			if err != nil {
				return Item{}, err
			}
			if !l.hasContent() {
				return Item{Kind: Frame, Frame: amqp.Frame{Channel: channel, Method: m}, Raw: r.raw}, nil
			}
			c := &content{channel: channel, layout: l, method: m, raw: r.spare[:0]}
			r.spare = nil
			if err := r.hold(c); err != nil {
				return Item{}, err
			}
			r.open[channel] = c
		}
	}
}

// hold adds the frame read last to a content.
func (r *Reader) hold(c *content) error {
	c.raw = append(c.raw, r.raw...)
	if r.held += uint64(len(r.raw)); r.UnfinishedMax != 0 && r.held > r.UnfinishedMax {
		return c.errorf(amqp.ResourceError, "contents that are not complete take %d octets, at most %d are kept", r.held, r.UnfinishedMax)
	}
	return nil
}

// frame reads a frame into r.raw.
func (r *Reader) frame() (kind byte, channel amqp.Channel, payload []byte, err error) {
	r.raw = r.raw[:0]
	if err = r.read(headSize); err != nil {
		if err == io.EOF && len(r.open) > 0 {
			err = io.ErrUnexpectedEOF
		}
		return 0, 0, nil, err
	}
	kind, channel, size := head(r.raw)
	switch kind {
	case methodFrame, headerFrame, bodyFrame, heartbeatFrame:
	default:
		return 0, 0, nil, errorf(amqp.FrameError, id{}, "frame of unknown type %d on channel %d", kind, channel)
	}
	if r.FrameMax != 0 && size > r.FrameMax {
		return 0, 0, nil, errorf(amqp.FrameError, id{}, "frame with %d octets of payload, frame-max is %d", size, r.FrameMax)
	}
	// In pieces, so that a size that is not followed by as many octets takes no memory.
	for rest := uint64(size) + 1; rest > 0; {
		n := min(rest, 64<<10)
		if err = r.read(int(n)); err != nil {
			if err == io.EOF {
				err = io.ErrUnexpectedEOF
			}
			return 0, 0, nil, err
		}
		rest -= n
	}
	if end := r.raw[len(r.raw)-1]; end != endOctet {
		return 0, 0, nil, errorf(amqp.FrameError, id{}, "frame of type %d on channel %d ends in %#02x, not %#02x",
			kind, channel, end, endOctet)
	}
	return kind, channel, r.raw[headSize : len(r.raw)-1], nil
}

// read appends n octets of the stream to r.raw.
func (r *Reader) read(n int) error {
	at := len(r.raw)
	r.raw = slices.Grow(r.raw, n)[:at+n]
	_, err := io.ReadFull(r.in, r.raw[at:])
	return err
}
