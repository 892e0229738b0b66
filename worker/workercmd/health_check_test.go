package workercmd

import (
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"time"

	"code.cloudfoundry.org/lager/v3/lagertest"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"github.com/tedsuo/ifrit"
	"github.com/tedsuo/ifrit/ginkgomon_v2"

	"github.com/concourse/concourse-kubernetes/worker/endpoint"
)

var _ = Describe("the health check", func() {
	var garden, baggageclaim endpoint.Endpoint

	BeforeEach(func() {
		dir := GinkgoT().TempDir()
		garden, baggageclaim = endpoint.Unix(filepath.Join(dir, "sockets", "garden")), endpoint.Unix(filepath.Join(dir, "sockets", "baggageclaim"))
	})

	serve := func(at endpoint.Endpoint, answer http.HandlerFunc) {
		process := ifrit.Invoke(endpoint.Server{Listen: at.Listen, Handler: answer})
		DeferCleanup(func() { ginkgomon_v2.Interrupt(process) })
	}
	only := func(path string) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path != path {
				http.NotFound(w, r)
			}
		}
	}
	status := func(timeout time.Duration) int {
		check := healthCheck{
			garden: garden.HTTPClient(0), baggageclaim: baggageclaim.HTTPClient(0),
			timeout: timeout, logger: lagertest.NewTestLogger("worker"),
		}
		answer := httptest.NewRecorder()
		check.ServeHTTP(answer, httptest.NewRequest(http.MethodGet, "/", nil))
		return answer.Code
	}

	It("is well while both servers answer at their sockets", func() {
		serve(garden, only("/ping"))
		serve(baggageclaim, only("/volumes"))
		Expect(status(time.Minute)).To(Equal(http.StatusOK))
	})

	It("is not while one does not listen, or answers with an error", func() {
		serve(baggageclaim, only("/volumes"))
		Expect(status(time.Minute)).To(Equal(http.StatusServiceUnavailable))
		serve(garden, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusInternalServerError) })
		Expect(status(time.Minute)).To(Equal(http.StatusServiceUnavailable))
	})

	It("is not once one takes too long", func() {
		serve(garden, only("/ping"))
		serve(baggageclaim, func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() })
		Expect(status(10 * time.Millisecond)).To(Equal(http.StatusServiceUnavailable))
	})
})
