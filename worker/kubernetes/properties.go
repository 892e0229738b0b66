package kubernetes

import (
	"fmt"
	"time"

	"code.cloudfoundry.org/garden"
)

// Properties are those the container was created with and those set later.
func (c *Container) Properties() (garden.Properties, error) {
	return c.state.read().Properties, nil
}

func (c *Container) Property(name string) (string, error) {
	value, ok := c.state.read().Properties[name]
	if !ok {
		return "", fmt.Errorf("container %s has no property %s", c.handle, name)
	}
	return value, nil
}

func (c *Container) SetProperty(name, value string) error {
	return c.state.change(func(r *record) { r.Properties[name] = value })
}

func (c *Container) RemoveProperty(name string) error {
	if _, err := c.Property(name); err != nil {
		return err
	}
	return c.state.change(func(r *record) { delete(r.Properties, name) })
}

func (c *Container) SetGraceTime(graceTime time.Duration) error {
	return c.state.change(func(r *record) { r.GraceTime = graceTime })
}
