// Package frontier finds how much it takes: in a box of budgets, one for each kind of fault, the smallest at which a run shows
// something (a violation, or what a witness asks for), and the largest at which none does.
//
// The one idea: where a larger budget only adds runs, what a run shows at one point shows at all points above it, and what no
// run shows at one point shows at none below it. So the points split into an upper and a lower part, and the antichain
// between them says everything: "proved for crash≤1; refuted with reset=1 | pause=1". [Search] asks about few points, the
// cheap ones first, and several questions in one go.
//
// It knows nothing of systems or exploring: who decides a point is a function. That a larger budget only adds runs is the
// caller's to know (SPEC.md, D-23); a question of which that is not so is asked pointwise.
package frontier
