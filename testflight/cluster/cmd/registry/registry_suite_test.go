package main

import (
	"net/http"
	"net/http/httptest"
	"testing"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
)

func TestRegistry(t *testing.T) {
	RegisterFailHandler(Fail)
	RunSpecs(t, "Registry")
}

var _ = Describe("A registry with a login", func() {
	answer := func(prepare func(*http.Request)) *httptest.ResponseRecorder {
		handler := withLogin(http.NotFoundHandler(), []string{"user:secret", "second:other-secret"})
		request := httptest.NewRequest(http.MethodGet, "/v2/", nil)
		prepare(request)
		response := httptest.NewRecorder()
		handler.ServeHTTP(response, request)
		return response
	}

	It("asks for it", func() {
		response := answer(func(*http.Request) {})
		Expect(response.Code).To(Equal(http.StatusUnauthorized))
		Expect(response.Header().Get("WWW-Authenticate")).To(HavePrefix("Basic "))
	})

	It("refuses a wrong one", func() {
		Expect(answer(func(r *http.Request) { r.SetBasicAuth("user", "wrong") }).Code).To(Equal(http.StatusUnauthorized))
		Expect(answer(func(r *http.Request) { r.SetBasicAuth("second", "secret") }).Code).To(Equal(http.StatusUnauthorized))
	})

	It("serves whoever has it", func() {
		Expect(answer(func(r *http.Request) { r.SetBasicAuth("user", "secret") }).Code).To(Equal(http.StatusNotFound))
		Expect(answer(func(r *http.Request) { r.SetBasicAuth("second", "other-secret") }).Code).To(Equal(http.StatusNotFound))
	})
})
