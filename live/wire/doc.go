// Package wire turns bytes into the values of model/amqp and back: frames (§4.2.3), method arguments, content headers,
// bodies, and the assembly of the frames that make up one method with its content. It is not a session: it knows no state of
// a connection or channel beyond the content that is under way, does not judge which method may come when and on which
// channel, and opens no socket. It starts no goroutine.
//
// The one idea: a method's layout is written once, as a walk over its fields ([coder]), and that walk both encodes and
// decodes. The table in method.go is therefore the whole of what this package knows about single methods; a method that
// model/amqp gains needs one entry there.
//
// What a peer does wrong is an [*Error] with a reply code, to be answered by connection.close. The codes are the
// specification's, and RabbitMQ's wherever RabbitMQ 3.10.8 answers within it. Measured differences:
//
//	input                         here                  RabbitMQ 3.10.8
//	malformed method arguments    502 SYNTAX_ERROR      501 FRAME_ERROR
//	malformed table in arguments  502 SYNTAX_ERROR      resets the connection
//	malformed properties          502 SYNTAX_ERROR      541 INTERNAL_ERROR
//	duplicate name in a table     502 SYNTAX_ERROR      accepts it
//	method without a layout       540 NOT_IMPLEMENTED   resets the connection, if it does not know the method
//	body longer than announced    501 FRAME_ERROR       ignores it (later versions: 501)
//	empty body frame in a content 501 FRAME_ERROR       accepts it
//	queue name that is not UTF-8  accepts it            501 FRAME_ERROR
package wire
