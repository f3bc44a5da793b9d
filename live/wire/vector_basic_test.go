package wire

import "github.com/lockstep-prover/lockstep/model/amqp"

// basicVectors are of classes basic, confirm, and tx.
var basicVectors = []vector{
	{amqp.Frame{Channel: 1, Method: amqp.BasicPublish{RoutingKey: "lock", Mandatory: true}}, `
		01 0001 0000000d  003c 0028
		0000                         ; reserved-1, a short integer
		00                           ; exchange
		04 "lock"                    ; routing-key
		01                           ; bits: mandatory 01, immediate 02
		ce
		02 0001 0000000e             ; content header: no properties, and no body frame for an empty body
		003c 0000                    ; class 60, weight 0
		0000000000000000             ; body size
		0000                         ; property flags
		ce`},
	{amqp.Frame{Channel: 3, Method: amqp.BasicPublish{Exchange: "x", Immediate: true, Message: amqp.Message{
		Properties: amqp.Properties{Present: amqp.HasDeliveryMode | amqp.HasMessageID, DeliveryMode: 2, MessageID: "m1"},
		Body:       "token",
	}}}, `
		01 0003 0000000a  003c 0028  0000 01 "x" 00 02  ce
		02 0003 00000012
		003c 0000 0000000000000005
		1080                         ; delivery-mode is bit 12, message-id bit 7
		02 02 "m1"
		ce
		03 0003 00000005 "token" ce`},
	{amqp.Frame{Channel: 1, Method: amqp.BasicReturn{Code: amqp.NoRoute, Text: "NO_ROUTE", RoutingKey: "b", Message: amqp.Message{
		Properties: amqp.Properties{
			Present: amqp.HasContentType | amqp.HasContentEncoding | amqp.HasHeaders | amqp.HasDeliveryMode | amqp.HasPriority |
				amqp.HasCorrelationID | amqp.HasReplyTo | amqp.HasExpiration | amqp.HasMessageID | amqp.HasTimestamp |
				amqp.HasType | amqp.HasUserID | amqp.HasAppID | amqp.HasClusterID,
			ContentType: "a", ContentEncoding: "b", Headers: amqp.MustTable(amqp.Field{Name: "n", Value: nil}),
			DeliveryMode: 1, Priority: 9, CorrelationID: "c", ReplyTo: "d", Expiration: "60000", MessageID: "e",
			Timestamp: 1600000000, Type: "f", UserID: "g", AppID: "h", ClusterID: "i",
		},
		Body: "!",
	}}}, `
		01 0001 00000012  003c 0032
		0138 08 "NO_ROUTE"           ; reply-code 312, reply-text
		00 01 "b"                    ; exchange, routing-key
		ce
		02 0001 00000037             ; 55 octets: 14 + 2+2 + 4+3 + 1+1 + 2+2+6+2 + 8 + 2+2+2+2
		003c 0000 0000000000000001
		fffc                         ; all fourteen properties
		01 "a"                       ; content-type
		01 "b"                       ; content-encoding
		00000003 01 "n" 56           ; headers: a table
		01                           ; delivery-mode, an octet
		09                           ; priority, an octet
		01 "c"                       ; correlation-id
		01 "d"                       ; reply-to
		05 "60000"                   ; expiration
		01 "e"                       ; message-id
		000000005f5e1000             ; timestamp, 64 bits
		01 "f"                       ; type
		01 "g"                       ; user-id
		01 "h"                       ; app-id
		01 "i"                       ; reserved (cluster-id)
		ce
		03 0001 00000001 "!" ce`},
	{amqp.Frame{Channel: 1, Method: amqp.BasicAck{Tag: 1<<40 + 1, Multiple: true}}, `
		01 0001 0000000d  003c 0050  0000010000000001 01  ce`},
	{amqp.Frame{Channel: 1, Method: amqp.BasicNack{Tag: 2, Requeue: true}}, `
		01 0001 0000000d  003c 0078
		0000000000000002 02          ; bits: multiple 01, requeue 02
		ce`},
	{amqp.Frame{Channel: 1, Method: amqp.BasicReject{Tag: 255, Requeue: true}}, `
		01 0001 0000000d  003c 005a  00000000000000ff 01  ce`},

	{amqp.Frame{Channel: 1, Method: amqp.BasicQos{PrefetchSize: 0x01020304, PrefetchCount: 0x0506, Global: true}}, `
		01 0001 0000000b  003c 000a
		01020304 0506 01             ; prefetch-size long, prefetch-count short, global
		ce`},
	{amqp.Frame{Channel: 1, Method: amqp.BasicQosOk{}}, `
		01 0001 00000004  003c 000b  ce`},
	{amqp.Frame{Channel: 1, Method: amqp.BasicConsume{Queue: "q", ConsumerTag: "me", NoLocal: true, Exclusive: true,
		Arguments: amqp.MustTable(amqp.Field{Name: "x-priority", Value: int32(-1)})}}, `
		01 0001 00000020  003c 0014
		0000                         ; reserved-1, a short integer
		01 "q" 02 "me"               ; queue, consumer-tag
		05                           ; bits: no-local 01, no-ack 02, exclusive 04, no-wait 08
		00000010                     ; arguments, 16 octets
		   0a "x-priority" 49 ffffffff
		ce`},
	{amqp.Frame{Channel: 1, Method: amqp.BasicConsume{Queue: "q", NoAck: true, NoWait: true}}, `
		01 0001 0000000e  003c 0014  0000 01 "q" 00 0a 00000000  ce`},
	{amqp.Frame{Channel: 1, Method: amqp.BasicConsumeOk{ConsumerTag: "me"}}, `
		01 0001 00000007  003c 0015  02 "me"  ce`},
	{amqp.Frame{Channel: 1, Method: amqp.BasicCancel{ConsumerTag: "me", NoWait: true}}, `
		01 0001 00000008  003c 001e  02 "me" 01  ce`},
	{amqp.Frame{Channel: 1, Method: amqp.BasicCancelOk{ConsumerTag: "me"}}, `
		01 0001 00000007  003c 001f  02 "me"  ce`},
	{amqp.Frame{Channel: 1, Method: amqp.BasicDeliver{ConsumerTag: "me", Tag: 1<<32 + 2, Redelivered: true, Exchange: "x",
		RoutingKey: "k", Message: amqp.Message{Body: "token"}}}, `
		01 0001 00000014  003c 003c
		02 "me"                      ; consumer-tag
		0000000100000002 01          ; delivery-tag, redelivered
		01 "x" 01 "k"                ; exchange, routing-key
		ce
		02 0001 0000000e  003c 0000 0000000000000005 0000  ce
		03 0001 00000005 "token" ce`},
	{amqp.Frame{Channel: 1, Method: amqp.BasicGet{Queue: "q", NoAck: true}}, `
		01 0001 00000009  003c 0046
		0000 01 "q" 01               ; reserved-1, a short integer; queue, no-ack
		ce`},
	{amqp.Frame{Channel: 1, Method: amqp.BasicGetOk{Tag: 1, RoutingKey: "q", MessageCount: 258, Message: amqp.Message{
		Properties: amqp.Properties{Present: amqp.HasPriority, Priority: 5}}}}, `
		01 0001 00000014  003c 0047
		0000000000000001 00          ; delivery-tag, redelivered
		00 01 "q"                    ; exchange, routing-key
		00000102                     ; message-count
		ce
		02 0001 0000000f  003c 0000 0000000000000000
		0800 05                      ; priority is bit 11
		ce`},
	{amqp.Frame{Channel: 1, Method: amqp.BasicGetEmpty{}}, `
		01 0001 00000005  003c 0048
		00                           ; reserved-1, a short string
		ce`},
	{amqp.Frame{Channel: 1, Method: amqp.BasicRecoverAsync{Requeue: true}}, `
		01 0001 00000005  003c 0064  01  ce`},
	{amqp.Frame{Channel: 1, Method: amqp.BasicRecover{Requeue: true}}, `
		01 0001 00000005  003c 006e  01  ce`},
	{amqp.Frame{Channel: 1, Method: amqp.BasicRecover{}}, `
		01 0001 00000005  003c 006e  00  ce`},
	{amqp.Frame{Channel: 1, Method: amqp.BasicRecoverOk{}}, `
		01 0001 00000004  003c 006f  ce`},

	{amqp.Frame{Channel: 1, Method: amqp.ConfirmSelect{NoWait: true}}, `
		01 0001 00000005  0055 000a  01  ce`},
	{amqp.Frame{Channel: 1, Method: amqp.ConfirmSelectOk{}}, `
		01 0001 00000004  0055 000b  ce`},

	{amqp.Frame{Channel: 1, Method: amqp.TxSelect{}}, `
		01 0001 00000004  005a 000a  ce`},
	{amqp.Frame{Channel: 1, Method: amqp.TxSelectOk{}}, `
		01 0001 00000004  005a 000b  ce`},
	{amqp.Frame{Channel: 1, Method: amqp.TxCommit{}}, `
		01 0001 00000004  005a 0014  ce`},
	{amqp.Frame{Channel: 1, Method: amqp.TxCommitOk{}}, `
		01 0001 00000004  005a 0015  ce`},
	{amqp.Frame{Channel: 1, Method: amqp.TxRollback{}}, `
		01 0001 00000004  005a 001e  ce`},
	{amqp.Frame{Channel: 1, Method: amqp.TxRollbackOk{}}, `
		01 0001 00000004  005a 001f  ce`},
}
