/* Two-phase commit after Gray and Lamport, N resource managers, as one writes it down: an array of states, a variable for the
 * transaction manager, a set for the messages sent. Messages are never consumed. One process, so that SPIN sees the states of
 * the system and no program counters.
 */
#ifndef N
#define N 3
#endif

#define WORKING   0
#define PREPARED  1
#define COMMITTED 2
#define ABORTED   3
#define INIT      0

byte rm[N];          /* WORKING, PREPARED, COMMITTED, ABORTED */
byte tm;             /* INIT, COMMITTED, ABORTED */
bit heard[N];        /* the transaction manager has received Prepared(i) */
bit sent[N];         /* Prepared(i) is in the set of messages */
bit commit, abort;   /* Commit, Abort are */
byte prepared;       /* how many are heard: the guard of TMCommit without a loop */

#define ACTIONS(i) \
	:: d_step { rm[i] == WORKING -> rm[i] = PREPARED; sent[i] = 1 } \
	:: d_step { rm[i] == WORKING -> rm[i] = ABORTED } \
	:: d_step { commit -> rm[i] = COMMITTED } \
	:: d_step { abort -> rm[i] = ABORTED } \
	:: d_step { tm == INIT && sent[i] -> prepared = prepared + (1 - heard[i]); heard[i] = 1 }

active proctype system() {
end:	do
	:: d_step { tm == INIT && prepared == N -> tm = COMMITTED; commit = 1 }
	:: d_step { tm == INIT -> tm = ABORTED; abort = 1 }
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
