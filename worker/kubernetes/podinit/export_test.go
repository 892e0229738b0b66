package podinit

import "time"

// Hurry makes the client give up on the pod after a moment, for specs of just that.
func (c *Client) Hurry() {
	c.patience = patience{request: 200 * time.Millisecond, acknowledgement: 200 * time.Millisecond, leave: 100 * time.Millisecond}
}
