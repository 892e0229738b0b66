package buildlog

import (
	"database/sql"
	"encoding/json"
	"errors"
	"slices"
	"time"

	"github.com/cenkalti/backoff/v4"
	"github.com/concourse/concourse/atc/db"
	"github.com/jackc/pgx/v5/pgconn"
)

// finalClasses are the first two letters of error codes, see PostgreSQL's appendix A:
// the event's data are not valid, break a constraint, or name what is not there (any
// more), or are too much.
var finalClasses = []string{"22", "23", "42", "54"}

// isFinal says whether an event can't be saved or read, however often it is tried.
// All other errors are waited for. There are too many to list: a failover, a login
// that is changed, a web that stops and has closed its connections. Output that is
// waited for is not lost: the worker keeps it.
func isFinal(err error) bool {
	if answer, ok := errors.AsType[*pgconn.PgError](err); ok {
		return len(answer.Code) >= 2 && slices.Contains(finalClasses, answer.Code[:2])
	}
	for _, gone := range []error{db.ErrBuildDisappeared, sql.ErrNoRows, db.ErrEndOfBuildEventStream} {
		if errors.Is(err, gone) {
			return true
		}
	}
	return isOfEncoding(err)
}

func isOfEncoding(err error) bool {
	_, badType := errors.AsType[*json.UnsupportedTypeError](err)
	_, badValue := errors.AsType[*json.UnsupportedValueError](err)
	_, failed := errors.AsType[*json.MarshalerError](err)
	_, badText := errors.AsType[*json.SyntaxError](err)
	_, otherType := errors.AsType[*json.UnmarshalTypeError](err)
	return badType || badValue || failed || badText || otherType
}

// longestPause is between two tries.
const longestPause = 3 * time.Second

// untilDatabaseAnswers tries again, for as long as it takes, what may succeed later.
// It ends with web only.
func untilDatabaseAnswers(try func() error) error {
	pauses := backoff.NewExponentialBackOff(
		backoff.WithInitialInterval(100*time.Millisecond),
		backoff.WithMaxInterval(longestPause),
		backoff.WithMaxElapsedTime(0),
	)
	return backoff.Retry(func() error {
		err := try()
		if err != nil && isFinal(err) {
			return backoff.Permanent(err)
		}
		return err
	}, pauses)
}
