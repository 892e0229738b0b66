package podinit

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
)

// inquire makes a request without a body and has its answer decoded: one JSON value of no
// more bytes than most, or nothing.
func (c *Client) inquire(ctx context.Context, path string, most int64, decode func(*json.Decoder) error) error {
	e, err := c.ask(ctx, path, nil, http.StatusOK)
	if err != nil {
		return err
	}
	defer e.close()
	e.bounded.N = most
	decoder := json.NewDecoder(e.response.Body)
	err = decode(decoder)
	if err == nil {
		err = expectEnd(decoder)
	}
	if err != nil {
		return c.gone(ctx, path, fmt.Errorf("read its answer: %w", err))
	}
	return nil
}

func expectEnd(decoder *json.Decoder) error {
	_, err := decoder.Token()
	if err == nil {
		return errors.New("more comes after it")
	}
	if !errors.Is(err, io.EOF) {
		return err
	}
	return nil
}
