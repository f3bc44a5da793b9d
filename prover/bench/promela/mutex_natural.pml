/* A mutex on an exclusive AMQP queue: N clients, each of whose connections drops at most D times, as one writes it down: two
 * channels for each client. One process, so that SPIN sees the states of the system and no program counters. N is 1 to 4.
 */
#ifndef N
#define N 2
#endif
#ifndef D
#define D 1
#endif

#define IDLE   0
#define WDECL  1
#define HOLD   2
#define DONE   3
#define WDEL   4

#define DECLARE   1
#define DELETE    2
#define OK        3
#define LOCKED    4
#define DELETEOK  5

#define FREE     0
#define LIVE(i)  ((i) + 1)
#define DEAD(i)  (N + (i) + 1)

byte pc[N];
bit down[N];                  /* the connection is dead and the client has not noticed */
byte dropped[N];              /* how often */
byte owner;                   /* FREE, LIVE(i), DEAD(i) */
chan toB[N] = [2] of { byte };
chan toC[N] = [2] of { byte };
hidden byte frame;            /* scratch inside a step; no part of the state */

#define ACTIONS(i) \
	:: d_step { pc[i] == IDLE && (down[i] || len(toB[i]) < 2) -> \
		if :: down[i] :: else -> toB[i]!DECLARE fi; \
		pc[i] = WDECL } \
	:: d_step { len(toB[i]) > 0 && len(toC[i]) < 2 -> \
		toB[i]?frame; \
		if \
		:: frame == DECLARE && (owner == FREE || owner == LIVE(i)) -> owner = LIVE(i); toC[i]!OK \
		:: frame == DECLARE && owner != FREE && owner != LIVE(i) -> toC[i]!LOCKED \
		:: frame == DELETE -> owner = (owner == LIVE(i) -> FREE : owner); toC[i]!DELETEOK \
		fi; \
		frame = 0 } \
	:: d_step { len(toC[i]) > 0 -> \
		toC[i]?frame; \
		pc[i] = (frame == OK -> HOLD : IDLE); \
		frame = 0 } \
	:: d_step { pc[i] == HOLD -> pc[i] = DONE } \
	:: d_step { pc[i] == DONE && (down[i] || len(toB[i]) < 2) -> \
		if :: down[i] :: else -> toB[i]!DELETE fi; \
		pc[i] = WDEL } \
	:: d_step { !down[i] && dropped[i] < D -> \
		down[i] = 1; \
		dropped[i] = dropped[i] + 1; \
		do :: len(toB[i]) > 0 -> toB[i]?_ :: else -> break od; \
		do :: len(toC[i]) > 0 -> toC[i]?_ :: else -> break od; \
		owner = (owner == LIVE(i) -> DEAD(i) : owner) } \
	:: d_step { owner == DEAD(i) -> owner = FREE } \
	:: d_step { down[i] -> down[i] = 0; pc[i] = IDLE }

active proctype system() {
end:	do
	ACTIONS(0)
#if N > 1
	ACTIONS(1)
#endif
#if N > 2
	ACTIONS(2)
#endif
#if N > 3
	ACTIONS(3)
#endif
	od
}
