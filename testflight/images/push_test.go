package images_test

import (
	"net/http"
	"net/http/httptest"
	"strings"

	"github.com/google/go-containerregistry/pkg/authn"
	"github.com/google/go-containerregistry/pkg/registry"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/concourse/concourse-kubernetes/testflight/images"
)

var _ = Describe("Pushing an image", func() {
	var (
		requests []string
		refuse   func(*http.Request) bool
		address  string
		image    images.Image
	)

	BeforeEach(func() {
		requests = nil
		refuse = func(*http.Request) bool { return false }

		content := registry.New()
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if refuse(r) {
				w.Header().Set("WWW-Authenticate", `Basic realm="registry"`)
				w.WriteHeader(http.StatusUnauthorized)

				return
			}

			requests = append(requests, r.Method+" "+r.URL.Path)
			content.ServeHTTP(w, r)
		}))
		DeferCleanup(server.Close)

		address = strings.TrimPrefix(server.URL, "http://")
		image = images.Image{Image: empty.Image, Name: "nothing", Tags: []string{"latest", "other"}}
	})

	It("makes it available under each tag and returns its digest", func(ctx SpecContext) {
		expected, err := empty.Image.Digest()
		Expect(err).NotTo(HaveOccurred())

		Expect(images.Push(ctx, image, address, nil)).To(Equal(expected.String()))
		Expect(requests).To(ContainElements("PUT /v2/nothing/manifests/latest", "PUT /v2/nothing/manifests/other"))
	})

	It("leaves a registry alone that has it", func(ctx SpecContext) {
		first, err := images.Push(ctx, image, address, nil)
		Expect(err).NotTo(HaveOccurred())

		requests = nil

		Expect(images.Push(ctx, image, address, nil)).To(Equal(first))
		Expect(requests).NotTo(ContainElement(HavePrefix("PUT")))
	})

	Context("when the registry wants a login", func() {
		BeforeEach(func() {
			refuse = func(r *http.Request) bool {
				username, password, _ := r.BasicAuth()

				return username != "somebody" || password != "secret"
			}
		})

		It("pushes with that login", func(ctx SpecContext) {
			_, err := images.Push(ctx, image, address, &authn.Basic{Username: "somebody", Password: "secret"})
			Expect(err).NotTo(HaveOccurred())
		})

		It("says which image was refused without one", func(ctx SpecContext) {
			_, err := images.Push(ctx, image, address, nil)
			Expect(err).To(MatchError(ContainSubstring("push " + address + "/nothing:latest")))
		})
	})

	It("refuses a registry that is no host and port", func(ctx SpecContext) {
		_, err := images.Push(ctx, image, "http://"+address, nil)
		Expect(err).To(MatchError(ContainSubstring("give the registry as host:port")))
	})
})
