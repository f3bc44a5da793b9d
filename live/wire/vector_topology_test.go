package wire

import "github.com/lockstep-prover/lockstep/model/amqp"

// topologyVectors are of classes exchange and queue.
var topologyVectors = []vector{
	{amqp.Frame{Channel: 1, Method: amqp.ExchangeDeclare{Exchange: "x", Type: "direct", Durable: true, Internal: true,
		Arguments: amqp.MustTable(amqp.Field{Name: "alternate-exchange", Value: "y"})}}, `
		01 0001 0000002d  0028 000a
		0000                         ; reserved-1, a short integer
		01 "x"                       ; exchange
		06 "direct"                  ; type
		0a                           ; bits: passive 01, durable 02, auto-delete 04, internal 08, no-wait 10
		00000019                     ; arguments, 25 octets
		   12 "alternate-exchange" 53 00000001 "y"
		ce`},
	{amqp.Frame{Channel: 1, Method: amqp.ExchangeDeclare{Exchange: "x", Passive: true, AutoDelete: true, NoWait: true}}, `
		01 0001 0000000e  0028 000a  0000 01 "x" 00 15 00000000  ce`},
	{amqp.Frame{Channel: 1, Method: amqp.ExchangeDeclareOk{}}, `
		01 0001 00000004  0028 000b  ce`},
	{amqp.Frame{Channel: 1, Method: amqp.ExchangeDelete{Exchange: "x", IfUnused: true}}, `
		01 0001 00000009  0028 0014
		0000 01 "x"                  ; reserved-1, a short integer; exchange
		01                           ; bits: if-unused 01, no-wait 02
		ce`},
	{amqp.Frame{Channel: 1, Method: amqp.ExchangeDelete{Exchange: "x", NoWait: true}}, `
		01 0001 00000009  0028 0014  0000 01 "x" 02  ce`},
	{amqp.Frame{Channel: 1, Method: amqp.ExchangeDeleteOk{}}, `
		01 0001 00000004  0028 0015  ce`},
	{amqp.Frame{Channel: 1, Method: amqp.ExchangeBind{Destination: "d", Source: "s", RoutingKey: "k.#", NoWait: true}}, `
		01 0001 00000013  0028 001e
		0000                         ; reserved-1, a short integer
		01 "d" 01 "s" 03 "k.#"       ; destination, source, routing-key
		01                           ; no-wait
		00000000                     ; arguments
		ce`},
	{amqp.Frame{Channel: 1, Method: amqp.ExchangeBindOk{}}, `
		01 0001 00000004  0028 001f  ce`},
	{amqp.Frame{Channel: 1, Method: amqp.ExchangeUnbind{Destination: "d", Source: "s",
		Arguments: amqp.MustTable(amqp.Field{Name: "x-match", Value: "any"})}}, `
		01 0001 00000020  0028 0028  0000 01 "d" 01 "s" 00 00
		00000010 07 "x-match" 53 00000003 "any"
		ce`},
	{amqp.Frame{Channel: 1, Method: amqp.ExchangeUnbind{NoWait: true}}, `
		01 0001 0000000e  0028 0028  0000 00 00 00 01 00000000  ce`},
	{amqp.Frame{Channel: 1, Method: amqp.ExchangeUnbindOk{}}, `
		01 0001 00000004  0028 0033  ; 51, where unbind is 40
		ce`},

	{amqp.Frame{Channel: 1, Method: amqp.QueueDeclare{Queue: "lock", Durable: true, AutoDelete: true,
		Arguments: amqp.MustTable(amqp.Field{Name: "x-max-length", Value: int32(1)})}}, `
		01 0001 00000022  0032 000a
		0000                         ; reserved-1, a short integer
		04 "lock"                    ; queue
		0a                           ; bits: passive 01, durable 02, exclusive 04, auto-delete 08, no-wait 10
		00000012                     ; arguments, 18 octets
		   0c "x-max-length" 49 00000001
		ce`},
	{amqp.Frame{Channel: 1, Method: amqp.QueueDeclare{Passive: true, Exclusive: true, NoWait: true}}, `
		01 0001 0000000c  0032 000a
		0000 00 15 00000000
		ce`},
	{amqp.Frame{Channel: 1, Method: amqp.QueueDeclareOk{Queue: "lock", MessageCount: 1, Consumers: 258}}, `
		01 0001 00000011  0032 000b  04 "lock" 00000001 00000102  ce`},
	{amqp.Frame{Channel: 1, Method: amqp.QueueDelete{Queue: "lock", IfUnused: true, NoWait: true}}, `
		01 0001 0000000c  0032 0028
		0000 04 "lock"               ; reserved-1, a short integer; queue
		05                           ; bits: if-unused 01, if-empty 02, no-wait 04
		ce`},
	{amqp.Frame{Channel: 1, Method: amqp.QueueDelete{Queue: "lock", IfEmpty: true}}, `
		01 0001 0000000c  0032 0028  0000 04 "lock" 02  ce`},
	{amqp.Frame{Channel: 1, Method: amqp.QueueDeleteOk{MessageCount: 7}}, `
		01 0001 00000008  0032 0029  00000007  ce`},
	{amqp.Frame{Channel: 1, Method: amqp.QueueBind{Queue: "q", Exchange: "amq.headers",
		Arguments: amqp.MustTable(amqp.Field{Name: "x-match", Value: "all"})}}, `
		01 0001 0000002a  0032 0014
		0000                         ; reserved-1, a short integer
		01 "q" 0b "amq.headers" 00   ; queue, exchange, routing-key
		00                           ; no-wait
		00000010 07 "x-match" 53 00000003 "all"
		ce`},
	{amqp.Frame{Channel: 1, Method: amqp.QueueBind{Queue: "q", Exchange: "t", RoutingKey: "a.b", NoWait: true}}, `
		01 0001 00000013  0032 0014  0000 01 "q" 01 "t" 03 "a.b" 01 00000000  ce`},
	{amqp.Frame{Channel: 1, Method: amqp.QueueBindOk{}}, `
		01 0001 00000004  0032 0015  ce`},
	{amqp.Frame{Channel: 1, Method: amqp.QueueUnbind{Queue: "q", Exchange: "t", RoutingKey: "a.b"}}, `
		01 0001 00000012  0032 0032
		0000                         ; reserved-1, a short integer
		01 "q" 01 "t" 03 "a.b"       ; queue, exchange, routing-key
		00000000                     ; arguments, without a bit before them: unbind has no no-wait
		ce`},
	{amqp.Frame{Channel: 1, Method: amqp.QueueUnbindOk{}}, `
		01 0001 00000004  0032 0033  ce`},
	{amqp.Frame{Channel: 1, Method: amqp.QueuePurge{Queue: "q", NoWait: true}}, `
		01 0001 00000009  0032 001e
		0000 01 "q" 01               ; reserved-1, a short integer; queue, no-wait
		ce`},
	{amqp.Frame{Channel: 1, Method: amqp.QueuePurgeOk{MessageCount: 1 << 16}}, `
		01 0001 00000008  0032 001f  00010000  ce`},
}
