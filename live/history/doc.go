// Package history is the text of what was recorded at a broker: which frames its clients sent and which they saw, in the order in
// which that was recorded. A recording reads well, differs well, and parses back:
//
//	lockstep history 1
//	profile: rabbitmq-3.10
//	broker: RabbitMQ 3.10.8
//
//	a > 0 connection.open virtual-host="/" user="guest" cancel-notify
//	a < 0 connection.open-ok
//	a > 1 channel.open
//	a < 1 channel.open-ok
//	a > 1 queue.declare queue="q" durable arguments={"x-max-length": I5}
//	a < 1 queue.declare-ok queue="q"
//	a > 1 basic.publish routing-key="q" body="m" delivery-mode=2
//	quiet
//	clock 1250
//	a reset
//
// The first line is the format and its version. Lines "key: value" follow, up to an empty one, of which profile is required; keys
// that nobody knows are kept. Then comes one item a line; # begins a comment at the head of a line, and empty lines do nothing.
//
//	CONN > CH METHOD   the client of connection CONN has sent a method, with its content, on channel CH
//	CONN < CH METHOD   the client has seen it
//	CONN reset         the client has broken the connection, or has closed it without a word, and looks at it no longer
//	CONN closed        the client has seen that the broker closed the connection
//	CONN forced TEXT   the broker has been told to close the connection, as an administrator can
//	restart            the broker has been stopped and started again; all connections are gone
//	alarm on           the broker is short of memory or disk from now on; off: no longer
//	quiet              all that had begun is done, and all that there was to be seen has been
//	clock MS           it is MS milliseconds after some moment
//
// CONN is a word, a new one for each TCP connection; CH is 0 for the connection itself. The handshake up to connection.tune-ok is left
// out. Numbers are those of the wire: delivery tags and confirms count from 1 on on each channel. METHOD is the name in the standard and
// then the arguments that are not zero, name=value, or the name alone for a bit that is set. The present properties of a message are
// arguments as any other; those that are 0 or "" are written too. Values are numbers, Go strings, and tables and arrays as in
//
//	{"a": true, "b": "text", "c": I-5, "d": [l1, u2], "e": {}, "f": void}
//
// where a letter says which integer: the octet that stands for the type on the wire (see amqp.Field). Of the other types a T is a time, D2:314
// is 3.14, f and d are the bits of floating-point numbers, and x"…" is a string of octets.
//
// A file may hold several recordings, one after the other ([ParseAll]). A last line that does not end was cut off when its writer was killed,
// or had no more room, and is left out: it might say something else than was meant.
//
// The package judges nothing: see live/conform for that.
package history
