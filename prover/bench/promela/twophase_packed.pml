/* Two-phase commit after Gray and Lamport, N resource managers, packed by hand: SPIN's state is one int and one short.
 *
 *	word    2 bits for each RM, from bit 2i:  0 working, 1 prepared, 2 committed, 3 aborted
 *	        from bit 2N: the RMs that have sent Prepared
 *	tm      the RMs that the transaction manager has heard of; from bit N: 0 undecided, 1 Commit is sent, 2 Abort is sent
 *
 * The decision is also the transaction manager's state. Messages are never consumed. N is 1 to 10, a word of 32 bits.
 */
#ifndef N
#define N 3
#endif

int word;
short tm;

#define RM(i)        ((word >> (2*(i))) & 3)
#define SENT(i)      (word & (1 << (2*N+(i))))
#define ALL          ((1 << N) - 1)
#define DECISION     (tm >> N)

#define ACTIONS(i) \
	:: d_step { RM(i) == 0 -> word = word | (1 << (2*(i))) | (1 << (2*N+(i))) }               /* RMPrepare */ \
	:: d_step { RM(i) == 0 -> word = word | (3 << (2*(i))) }                                  /* RMChooseToAbort */ \
	:: d_step { DECISION == 1 -> word = (word & ~(3 << (2*(i)))) | (2 << (2*(i))) }           /* RMRcvCommit */ \
	:: d_step { DECISION == 2 -> word = word | (3 << (2*(i))) }                               /* RMRcvAbort */ \
	:: d_step { DECISION == 0 && SENT(i) -> tm = tm | (1 << (i)) }                            /* TMRcvPrepared */

active proctype system() {
end:	do
	:: d_step { tm == ALL -> tm = tm | (1 << N) }      /* TMCommit */
	:: d_step { DECISION == 0 -> tm = tm | (2 << N) }  /* TMAbort */
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
#if N > 4
	ACTIONS(4)
#endif
#if N > 5
	ACTIONS(5)
#endif
#if N > 6
	ACTIONS(6)
#endif
#if N > 7
	ACTIONS(7)
#endif
#if N > 8
	ACTIONS(8)
#endif
#if N > 9
	ACTIONS(9)
#endif
	od
}
