package cluster

import (
	"context"
	"fmt"
	"os/exec"
	"slices"
	"strings"
)

// removePortRules removes the packet filter rules that CNI's portmap plugin made
// for host ports of our pods, and its own chains if nobody else uses them.
func (c *Cluster) removePortRules(ctx context.Context) error {
	for _, n := range c.possibleNodes() {
		if err := n.removePortRules(ctx); err != nil {
			return err
		}
	}
	return nil
}

func (n node) removePortRules(ctx context.Context) error {
	saved, err := output(ctx, "iptables-save", "-t", "nat")
	if err != nil {
		return err
	}
	script := portRulesRemoval(saved, n.podNetwork())
	if script == "" {
		return nil
	}
	restore := exec.CommandContext(ctx, "iptables-restore", "--noflush")
	restore.Stdin = strings.NewReader(script)
	_, err = run(restore)
	return err
}

const portChain = "CNI-HOSTPORT-DNAT"

// sharedChains are portmap's for all networks.
var sharedChains = []string{portChain, "CNI-HOSTPORT-SETMARK", "CNI-HOSTPORT-MASQ"}

// portRulesRemoval returns the iptables-restore script that removes a CNI
// network's port rules from saved ones, "" if there is nothing to remove.
func portRulesRemoval(saved, network string) string {
	// Portmap has one chain per pod. Which network it is for stands in the
	// comment of the rule that leads to it.
	comment := fmt.Sprintf(`--comment "dnat name: \"%s\" id:`, network)
	var rules, chains, shared []string
	usedByOthers := false
	for line := range strings.Lines(saved) {
		line = strings.TrimSpace(line)
		chain, _, _ := strings.Cut(strings.TrimPrefix(line, ":"), " ")
		switch {
		case strings.HasPrefix(line, ":") && slices.Contains(sharedChains, chain):
			shared = append(shared, chain)
		case !strings.HasPrefix(line, "-A "+portChain+" "):
		case strings.Contains(line, comment):
			rules = append(rules, line)
			chains = append(chains, target(line))
		default:
			usedByOthers = true
		}
	}
	if !usedByOthers {
		rules = append(rules, rulesTo(shared, saved)...)
		chains = append(chains, shared...)
	}
	if len(chains) == 0 {
		return ""
	}
	return removal(rules, chains)
}

// removal is the script that deletes rules, then chains.
func removal(rules, chains []string) string {
	script := []string{"*nat"}
	for _, rule := range rules {
		script = append(script, "-D"+strings.TrimPrefix(rule, "-A"))
	}
	for _, chain := range chains {
		script = append(script, "-F "+chain)
	}
	for _, chain := range chains {
		script = append(script, "-X "+chain)
	}
	return strings.Join(append(script, "COMMIT", ""), "\n")
}

// rulesTo returns the rules of the kernel's own chains that lead to one of these.
func rulesTo(chains []string, saved string) []string {
	var rules []string
	for line := range strings.Lines(saved) {
		line = strings.TrimSpace(line)
		if strings.HasPrefix(line, "-A ") && !strings.HasPrefix(line, "-A CNI-") && slices.Contains(chains, target(line)) {
			rules = append(rules, line)
		}
	}
	return rules
}

// target is the chain that a rule leads to.
func target(rule string) string {
	_, after, _ := strings.Cut(rule, " -j ")
	chain, _, _ := strings.Cut(after, " ")
	return chain
}
