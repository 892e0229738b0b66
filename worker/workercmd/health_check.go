package workercmd

import (
	"context"
	"fmt"
	"net/http"
	"time"

	"code.cloudfoundry.org/lager/v3"
)

// healthCheck answers with 200 while Garden and Baggageclaim answer, and else with
// 503 and nothing more: everybody may ask.
type healthCheck struct {
	garden, baggageclaim *http.Client
	// timeout is for both together.
	timeout time.Duration
	logger  lager.Logger
}

func (h healthCheck) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	ctx, cancel := context.WithTimeout(r.Context(), h.timeout)
	defer cancel()
	if err := answers(ctx, h.garden, "http://garden/ping"); err != nil {
		h.logger.Error("garden-does-not-answer", err)
		w.WriteHeader(http.StatusServiceUnavailable)
		return
	}
	if err := answers(ctx, h.baggageclaim, "http://baggageclaim/volumes"); err != nil {
		h.logger.Error("baggageclaim-does-not-answer", err)
		w.WriteHeader(http.StatusServiceUnavailable)
	}
}

// answers tells whether a server answers that it is well.
func answers(ctx context.Context, client *http.Client, url string) error {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return err
	}
	response, err := client.Do(request)
	if err != nil {
		return err
	}
	response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return fmt.Errorf("GET %s: %s", url, response.Status)
	}
	return nil
}
