package workercmd

import (
	"net/http"
	"net/http/httptest"

	"github.com/concourse/concourse/worker/baggageclaim"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"github.com/tedsuo/rata"
)

var _ = Describe("what other workers reach of Baggageclaim", func() {
	// asked sends a request and returns what reached the API.
	asked := func(method, path string) (reached []string) {
		api := http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { reached = append(reached, r.Method+" "+r.URL.Path) })
		streamsIn(api).ServeHTTP(httptest.NewRecorder(), httptest.NewRequest(method, path, nil))
		return reached
	}

	It("is the way into a volume", func() {
		Expect(asked("PUT", "/volumes/some-handle/stream-in?path=.")).To(ConsistOf("PUT /volumes/some-handle/stream-in"))
	})

	It("is nothing else, whichever routes upstream's API has", func() {
		Expect(baggageclaim.Routes).To(ContainElement(HaveField("Name", baggageclaim.StreamIn)))
		for _, route := range baggageclaim.Routes {
			if route.Name == baggageclaim.StreamIn {
				continue
			}
			path, err := route.CreatePath(rata.Params{"handle": "some-handle", "property": "some-property"})
			Expect(err).NotTo(HaveOccurred())
			Expect(asked(route.Method, path)).To(BeEmpty(), route.Name)
		}
	})

	DescribeTable("is nothing else in another spelling either",
		func(method, path string) { Expect(asked(method, path)).To(BeEmpty()) },
		Entry("a handle that is a path", "PUT", "/volumes/some-handle%2Fproperties/stream-in"),
		Entry("a way up", "PUT", "/volumes/some-handle/stream-in/../stream-out"),
		Entry("an empty segment", "PUT", "/volumes//stream-in"),
		Entry("another method", "GET", "/volumes/some-handle/stream-in"),
	)
})
