/* A mutex on an exclusive AMQP queue: N clients, each of whose connections drops at most D times; packed by hand: SPIN's state
 * is one short for each client, and the owner. N is 1 to 4, D 0 to 3.
 *
 *	client   bits 0-2    pc: 0 IDLE, 1 WDECL, 2 HOLD, 3 DONE, 4 WDEL
 *	         bit  3      down: the connection is dead and the client has not noticed
 *	         bits 4-5    drops taken so far
 *	         bits 6-9    frames to the broker, two bits each, the head lowest: 1 Declare, 2 Delete
 *	         bits 10-13  frames to the client, likewise: 1 Ok, 2 Locked, 3 DeleteOk
 *	owner    0 free, i+1 the live connection of client i, N+i+1 a dead one that is not reaped
 *
 * An action that branches is written as several with disjoint guards.
 */
#ifndef N
#define N 2
#endif
#ifndef D
#define D 1
#endif

short client[N];
byte owner;

#define C(i)         client[i]
#define PC(i)        (C(i) & 7)
#define DOWN(i)      (C(i) & 8)
#define DROPS(i)     ((C(i) >> 4) & 3)
#define TOB(i)       ((C(i) >> 6) & 15)
#define TOC(i)       ((C(i) >> 10) & 15)
#define LIVE(i)      ((i) + 1)
#define DEAD(i)      (N + (i) + 1)

/* What a frame adds to a client's word: into the free slot, of which there has to be one, that is a FIFO below 4. */
#define TOBROKER(i, f)  ((f) << (TOB(i) -> 8 : 6))
#define TOCLIENT(i, f)  ((f) << (TOC(i) -> 12 : 10))
/* A client's word without the head of a FIFO. */
#define BROKERTAKES(i)  ((C(i) & ~(15 << 6)) | ((TOB(i) >> 2) << 6))
#define CLIENTTAKES(i)  ((C(i) & ~(15 << 10)) | ((TOC(i) >> 2) << 10))

#define HEADTOB(i, f)   (TOC(i) < 4 && (TOB(i) & 3) == (f))

#define ACTIONS(i) \
	:: d_step { PC(i) == 0 && DOWN(i) -> C(i) = C(i) + 1 }                                     /* SendDeclare */ \
	:: d_step { PC(i) == 0 && !DOWN(i) && TOB(i) < 4 -> C(i) = C(i) + 1 + TOBROKER(i, 1) } \
	:: d_step { HEADTOB(i, 1) && (owner == 0 || owner == LIVE(i)) -> \
		owner = LIVE(i); C(i) = BROKERTAKES(i) + TOCLIENT(i, 1) }                          /* BrokerRecv */ \
	:: d_step { HEADTOB(i, 1) && owner != 0 && owner != LIVE(i) -> C(i) = BROKERTAKES(i) + TOCLIENT(i, 2) } \
	:: d_step { HEADTOB(i, 2) -> owner = (owner == LIVE(i) -> 0 : owner); C(i) = BROKERTAKES(i) + TOCLIENT(i, 3) } \
	:: d_step { TOC(i) -> C(i) = (CLIENTTAKES(i) & ~7) | ((TOC(i) & 3) == 1 -> 2 : 0) }        /* ClientRecv */ \
	:: d_step { PC(i) == 2 -> C(i) = C(i) + 1 }                                                /* Work */ \
	:: d_step { PC(i) == 3 && DOWN(i) -> C(i) = C(i) + 1 }                                     /* SendDelete */ \
	:: d_step { PC(i) == 3 && !DOWN(i) && TOB(i) < 4 -> C(i) = C(i) + 1 + TOBROKER(i, 2) } \
	:: d_step { !DOWN(i) && DROPS(i) < D -> C(i) = ((C(i) & 63) | 8) + 16; \
		owner = (owner == LIVE(i) -> DEAD(i) : owner) }                                    /* Drop */ \
	:: d_step { owner == DEAD(i) -> owner = 0 }                                                /* Reap */ \
	:: d_step { DOWN(i) -> C(i) = C(i) & ~15 }                                                 /* Notice */

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
