package buildlog

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"io"
	"net"
	"slices"
	"time"

	"github.com/cenkalti/backoff/v4"
	"github.com/jackc/pgx/v5/pgconn"
)

// transientClasses are the first two letters of error codes, see PostgreSQL's
// appendix A: connection, transaction rollback, resources, operator, system.
var transientClasses = []string{"08", "40", "53", "57", "58"}

// isTransient says whether trying again may mend an error of the database. Where
// PostgreSQL answers, its code decides. Otherwise the connection is at fault.
func isTransient(err error) bool {
	if answer, ok := errors.AsType[*pgconn.PgError](err); ok {
		return len(answer.Code) >= 2 && slices.Contains(transientClasses, answer.Code[:2])
	}
	for _, broken := range []error{
		driver.ErrBadConn, sql.ErrConnDone, sql.ErrTxDone, context.DeadlineExceeded,
		io.EOF, io.ErrUnexpectedEOF, net.ErrClosed,
	} {
		if errors.Is(err, broken) {
			return true
		}
	}
	_, isNetwork := errors.AsType[net.Error](err)
	return isNetwork || pgconn.SafeToRetry(err)
}

// longestPause is between two tries while the database is away.
const longestPause = 3 * time.Second

// untilDatabaseAnswers tries again, for as long as it takes, what fails because the
// database is away.
func untilDatabaseAnswers(try func() error) error {
	pauses := backoff.NewExponentialBackOff(
		backoff.WithInitialInterval(100*time.Millisecond),
		backoff.WithMaxInterval(longestPause),
		backoff.WithMaxElapsedTime(0),
	)
	return backoff.Retry(func() error {
		err := try()
		if err != nil && !isTransient(err) {
			return backoff.Permanent(err)
		}
		return err
	}, pauses)
}
