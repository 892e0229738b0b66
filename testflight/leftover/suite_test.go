package leftover_test

import (
	"testing"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
)

func TestLeftover(t *testing.T) {
	RegisterFailHandler(Fail)
	RunSpecs(t, "Leftover")
}
