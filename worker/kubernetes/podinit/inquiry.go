package podinit

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
)

// inquire makes a request without a body and returns its answer, which is one JSON value of
// no more than maxAnswer. An answer without content is the zero value.
func inquire[Answer any](ctx context.Context, c *Client, path string) (answer Answer, err error) {
	e, err := c.ask(ctx, path, nil, http.StatusOK)
	if err != nil {
		return answer, err
	}
	defer e.close()
	content, err := io.ReadAll(e.response.Body)
	if err == nil && len(content) > 0 {
		err = json.Unmarshal(content, &answer)
	}
	if err != nil {
		var none Answer
		return none, c.gone(ctx, path, fmt.Errorf("read its answer: %w", err))
	}
	return answer, nil
}
