package amqp

// The methods of class tx (§1.4.6).
type (
	TxSelect     struct{}
	TxSelectOk   struct{}
	TxCommit     struct{}
	TxCommitOk   struct{}
	TxRollback   struct{}
	TxRollbackOk struct{}
)

func (TxSelect) ID() (class, method uint16)     { return 90, 10 }
func (TxSelectOk) ID() (class, method uint16)   { return 90, 11 }
func (TxCommit) ID() (class, method uint16)     { return 90, 20 }
func (TxCommitOk) ID() (class, method uint16)   { return 90, 21 }
func (TxRollback) ID() (class, method uint16)   { return 90, 30 }
func (TxRollbackOk) ID() (class, method uint16) { return 90, 31 }

func (TxSelect) String() string     { return "tx.select" }
func (TxSelectOk) String() string   { return "tx.select-ok" }
func (TxCommit) String() string     { return "tx.commit" }
func (TxCommitOk) String() string   { return "tx.commit-ok" }
func (TxRollback) String() string   { return "tx.rollback" }
func (TxRollbackOk) String() string { return "tx.rollback-ok" }
