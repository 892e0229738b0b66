package supervise

import (
	"context"
	"fmt"
	"time"

	"k8s.io/apimachinery/pkg/util/wait"
)

// ReadyPatience is how long a service may take to be ready.
const ReadyPatience = 2 * time.Minute

const askInterval = 50 * time.Millisecond

// Await asks again until asking is over, for as long as patience and ctx allow, and
// returns the last answer. One that leaves asking open is an error that says what is
// missing; where patience or ctx ends, that end is in the error too.
func Await(ctx context.Context, patience time.Duration, ask func(context.Context) (over bool, answer error)) error {
	var last error
	isOver := false
	err := wait.PollUntilContextTimeout(ctx, askInterval, patience, true, func(ctx context.Context) (bool, error) {
		over, answer := ask(ctx)
		// An answer that the context's end spoiled says less than the one before.
		if over || ctx.Err() == nil || last == nil {
			last = answer
		}
		isOver = over
		return over, nil
	})
	if isOver {
		return last
	}
	return fmt.Errorf("%w (%w)", last, err)
}
