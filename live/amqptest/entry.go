package amqptest

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"encoding/gob"
	"errors"
	"fmt"
	"hash/crc32"

	"go.etcd.io/bbolt"
	berrors "go.etcd.io/bbolt/errors"

	"github.com/lockstep-prover/lockstep/live/wire"
	"github.com/lockstep-prover/lockstep/model/amqp"
	"github.com/lockstep-prover/lockstep/model/broker"
)

// How entries are kept, in the file's buckets:
//
//	meta       format ─► 2
//	exchanges  host, name ─► the entry by encoding/gob
//	queues     likewise
//	bindings   all but arguments' order is the key ─► likewise; a key that is too long for the library ends in a hash instead of the arguments
//	messages   host, queue ─► a bucket: position, 8 octets ─► flags, 1 octet; failed deliveries and returns, varints; a basic.publish as on the wire
//
// A routing key that is too long for the wire, as a queue may give its dead letters, comes before the publish, which has none then.
//
// Every value begins with a checksum of itself and its key, for the library has none.
var (
	meta      = []byte("meta")
	exchanges = []byte("exchanges")
	queues    = []byte("queues")
	bindings  = []byte("bindings")
	messages  = []byte("messages")

	format  = []byte("format")
	version = []byte{2}
)

// A message's flags.
const (
	redeliveredFlag = 1 << iota
	longKeyFlag     // a varint and as many octets of routing key follow the varints
)

// wireKeyMax is the longest routing key that a method can have.
const wireKeyMax = 255

// prepare makes the buckets of a new file, and looks at the format of an old one.
func prepare(tx *bbolt.Tx) error {
	isNew := tx.Bucket(meta) == nil
	for _, name := range [][]byte{meta, exchanges, queues, bindings, messages} {
		if _, err := tx.CreateBucketIfNotExists(name); err != nil {
			return err
		}
	}
	if isNew {
		return tx.Bucket(meta).Put(format, version)
	}
	if got := tx.Bucket(meta).Get(format); !bytes.Equal(got, version) {
		return fmt.Errorf("format %v, this program knows %v", got, version)
	}
	return nil
}

// apply makes a change.
func apply(tx *bbolt.Tx, c change) error {
	if m, ok := c.entry.(broker.StoredMessage); ok {
		return applyMessage(tx, m, c.gone)
	}
	bucket, key := place(c.entry)
	if q, ok := c.entry.(broker.StoredQueue); ok && c.gone {
		if err := tx.Bucket(messages).DeleteBucket(key); err != nil && !errors.Is(err, berrors.ErrBucketNotFound) {
			return fmt.Errorf("messages of queue %q: %w", q.Name, err)
		}
	}
	if c.gone {
		return tx.Bucket(bucket).Delete(key)
	}
	var value bytes.Buffer
	if err := gob.NewEncoder(&value).Encode(c.entry); err != nil {
		return err
	}
	return tx.Bucket(bucket).Put(key, sealed(key, value.Bytes()))
}

// place is where an entry is kept.
func place(e broker.Entry) (bucket, key []byte) {
	switch e := e.(type) {
	case broker.StoredExchange:
		return exchanges, compound(e.Host, e.Name)
	case broker.StoredQueue:
		return queues, compound(e.Host, e.Name)
	case broker.StoredBinding:
		kind := "queue"
		if e.ToExchange {
			kind = "exchange"
		}
		key = compound(e.Host, e.Source, kind, e.Destination, e.RoutingKey, string(e.Arguments))
		if len(key) > bbolt.MaxKeySize {
			sum := sha256.Sum256([]byte(e.Arguments))
			key = compound(e.Host, e.Source, kind, e.Destination, e.RoutingKey, "sha256", string(sum[:]))
		}
		return bindings, key
	}
	panic(fmt.Sprintf("amqptest: entry %T", e))
}

// compound is a key of several parts, each after its length.
func compound(parts ...string) (key []byte) {
	for _, p := range parts {
		key = append(binary.AppendUvarint(key, uint64(len(p))), p...)
	}
	return key
}

// parts takes a compound key apart; false if it is none.
func parts(key []byte) (all []string, ok bool) {
	for len(key) > 0 {
		n, size := binary.Uvarint(key)
		if size <= 0 || n > uint64(len(key)-size) {
			return nil, false
		}
		all = append(all, string(key[size:][:n]))
		key = key[size+int(n):]
	}
	return all, true
}

func applyMessage(tx *bbolt.Tx, m broker.StoredMessage, gone bool) error {
	name, key := compound(m.Host, m.Queue), binary.BigEndian.AppendUint64(nil, m.Position)
	if gone {
		if queue := tx.Bucket(messages).Bucket(name); queue != nil {
			return queue.Delete(key)
		}
		return nil
	}
	queue, err := tx.Bucket(messages).CreateBucketIfNotExists(name)
	if err != nil {
		return err
	}
	queue.FillPercent = 0.9 // positions grow
	value := []byte{0}
	if m.Redelivered {
		value[0] |= redeliveredFlag
	}
	value = binary.AppendUvarint(binary.AppendUvarint(value, uint64(m.Deliveries)), uint64(m.Acquired))
	publish := amqp.BasicPublish{Exchange: m.Exchange, RoutingKey: m.RoutingKey, Message: m.Message}
	if len(m.RoutingKey) > wireKeyMax {
		value[0] |= longKeyFlag
		value = append(binary.AppendUvarint(value, uint64(len(m.RoutingKey))), m.RoutingKey...)
		publish.RoutingKey = ""
	}
	if value, err = wire.Append(value, amqp.Frame{Method: publish}, 0); err != nil {
		return err
	}
	return queue.Put(key, sealed(key, value))
}

var errChecksum = errors.New("wrong checksum")

// sealed is a value with its checksum.
func sealed(key, value []byte) []byte {
	sum := crc32.Update(crc32.ChecksumIEEE(key), crc32.IEEETable, value)
	return append(binary.BigEndian.AppendUint32(make([]byte, 0, 4+len(value)), sum), value...)
}

// unsealed is the value that was sealed.
func unsealed(key, value []byte) ([]byte, error) {
	if len(value) < 4 || !bytes.Equal(sealed(key, value[4:])[:4], value[:4]) {
		return nil, errChecksum
	}
	return value[4:], nil
}

// decode is an entry that is kept under a key.
func decode[E broker.Entry](key, value []byte) (broker.Entry, error) {
	value, err := unsealed(key, value)
	if err != nil {
		return nil, err
	}
	var e E
	err = gob.NewDecoder(bytes.NewReader(value)).Decode(&e)
	return e, err
}

func decodeMessage(queue, key, value []byte) (m broker.StoredMessage, err error) {
	names, ok := parts(queue)
	if value, err = unsealed(key, value); err != nil || !ok || len(names) != 2 || len(key) != 8 || len(value) == 0 {
		return m, errors.Join(err, errors.New("a message is illegible"))
	}
	value, flags := value[1:], value[0]
	number := func() uint64 {
		n, size := binary.Uvarint(value)
		value = value[max(size, 0):]
		return n
	}
	deliveries, acquired := number(), number()
	var routingKey string
	if flags&longKeyFlag != 0 {
		n := min(number(), uint64(len(value)))
		routingKey, value = string(value[:n]), value[n:]
	}
	r := wire.NewReader(bytes.NewReader(value))
	r.FrameMax, r.BodyMax = 0, 0
	item, err := r.Next()
	publish, ok := item.Frame.Method.(amqp.BasicPublish)
	if err != nil || !ok {
		return m, errors.Join(err, errors.New("a message is illegible"))
	}
	return broker.StoredMessage{
		Host: names[0], Queue: names[1], Position: binary.BigEndian.Uint64(key), Redelivered: flags&redeliveredFlag != 0,
		Exchange: publish.Exchange, RoutingKey: publish.RoutingKey + routingKey, Message: publish.Message, Acquired: int(acquired), Deliveries: int(deliveries),
	}, nil
}
