package workercmd

import (
	"fmt"

	"k8s.io/apimachinery/pkg/api/resource"
)

// quantity is a flag whose value is written as Kubernetes writes one: 100Gi.
type quantity struct{ resource.Quantity }

// UnmarshalFlag is what go-flags calls.
func (q *quantity) UnmarshalFlag(value string) error {
	parsed, err := resource.ParseQuantity(value)
	if err != nil {
		return fmt.Errorf("%q is no quantity such as 100Gi: %w", value, err)
	}
	if parsed.Value() <= 0 {
		return fmt.Errorf("%q must be more than 0", value)
	}
	q.Quantity = parsed
	return nil
}

// cpuPerShare is a flag whose value is how much CPU a CPU share reserves: 20u.
type cpuPerShare struct{ resource.Quantity }

// UnmarshalFlag is what go-flags calls.
func (c *cpuPerShare) UnmarshalFlag(value string) error {
	parsed, err := resource.ParseQuantity(value)
	if err != nil {
		return fmt.Errorf("%q is no quantity such as 20u: %w", value, err)
	}
	if parsed.Sign() < 0 || parsed.Cmp(resource.MustParse("1")) > 0 {
		return fmt.Errorf("%q must be from 0 to 1: a task that names no CPU limit has 1024 shares", value)
	}
	c.Quantity = parsed
	return nil
}
