// Package amqp holds AMQP 0-9-1 as values: one struct for each method, content, tables, reply codes, and the few things
// that happen to a connection below AMQP. Everything here is immutable and comparable, so that a frame in a queue of a model
// is an ordinary value and can be a map key.
//
// Section numbers refer to the AMQP 0-9-1 specification. The handshake before connection.open (protocol header, start,
// secure, tune) owns nothing at the broker and is left to the live drivers: in a model a connection begins with
// connection.open.
//
// One number is explicit here that is implicit on the wire: in confirm mode both sides count publishes, and [BasicPublish]
// carries the count as Seq. A model client uses a small number again once it is confirmed; a wire session translates.
package amqp
