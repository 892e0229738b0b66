package contained

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"

	"github.com/concourse/concourse/worker/baggageclaim"
	"github.com/concourse/concourse/worker/baggageclaim/api"
)

// maxAnswer is far more than the error of another Baggageclaim.
const maxAnswer = 64 << 10

// put sends a stream to the stream-in endpoint of a Baggageclaim.
func put(ctx context.Context, url string, encoding baggageclaim.Encoding, stream io.Reader) error {
	request, err := http.NewRequestWithContext(ctx, http.MethodPut, url, stream)
	if err != nil {
		return fmt.Errorf("stream to another worker: %w", err)
	}
	request.Header.Set("Content-Encoding", string(encoding))
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return fmt.Errorf("stream to another worker: %w", err)
	}
	defer response.Body.Close()
	if response.StatusCode == http.StatusNoContent {
		return nil
	}
	var answer api.ErrorResponse
	if err := json.NewDecoder(io.LimitReader(response.Body, maxAnswer)).Decode(&answer); err != nil {
		return fmt.Errorf("stream to another worker: it answers %s", response.Status)
	}
	return fmt.Errorf("stream to another worker: it answers %s: %s", response.Status, answer.Message)
}
