// SPDX-License-Identifier: Apache-2.0

package validation_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"

	"spectrocloud.com/tenancy/apis/spectrocloud"
)

func TestSettingsThatBreakARuleAreRefusedByTheFieldThatDoes(t *testing.T) {
	type S = spectrocloud.Settings
	name, host := []string{"Invalid value: metadata.name"}, []string{"Invalid value: spec.integrations.palette.hostURL"}
	url := func(url string) func(*S) { return func(o *S) { o.Spec.Integrations.Palette.HostURL = url } }
	for what, tc := range map[string]struct {
		change func(*S)
		want   []string
	}{
		"as they should be":  {nil, nil},
		"nothing but a name": {func(o *S) { o.Spec = spectrocloud.SettingsSpec{} }, nil},
		"integrations without fields": {func(o *S) {
			o.Spec.Integrations = spectrocloud.Integrations{Palette: new(spectrocloud.PaletteIntegration)}
		}, nil},
		"the longest name":            {func(o *S) { o.Name = strings.Repeat("a", 63) }, nil},
		"a name of 64 letters":        {func(o *S) { o.Name = strings.Repeat("a", 64) }, name},
		"a name with a dot":           {func(o *S) { o.Name = "a.b" }, name},
		"a name that ends with -":     {func(o *S) { o.Name = "a-" }, name},
		"no namespace":                {func(o *S) { o.Namespace = "" }, append([]string{"Required value: metadata.namespace"}, foreign...)},
		"a display name of two lines": {func(o *S) { o.Spec.DisplayName = "a\nb" }, []string{"Invalid value: spec.displayName"}},
		"a description of two lines":  {func(o *S) { o.Spec.Description = "a\n\tb" }, nil},
		"a description that rings":    {func(o *S) { o.Spec.Description = "a\ab" }, []string{"Invalid value: spec.description"}},

		"a Secret of the same namespace, unsaid": {func(o *S) { o.Spec.Integrations.Palette.SecretRef.Namespace = "" }, nil},
		"a Secret of another namespace": {func(o *S) { o.Spec.Integrations.Palette.SecretRef.Namespace = "palette-system" },
			[]string{"Invalid value: spec.integrations.palette.secretRef.namespace"}},
		"another's token": {func(o *S) { o.Spec.Integrations.HuggingFace.SecretRef.Namespace = "acme" },
			[]string{"Invalid value: spec.integrations.huggingFace.secretRef.namespace"}},
		"another's API key": {func(o *S) { o.Spec.Integrations.NVIDIANGC.SecretRef.Namespace = "acme" },
			[]string{"Invalid value: spec.integrations.nvidiaNGC.secretRef.namespace"}},
		"a namespace that is no name": {func(o *S) { o.Spec.Integrations.Palette.SecretRef.Namespace = "A" },
			[]string{"Invalid value: spec.integrations.palette.secretRef.namespace", "Invalid value: spec.integrations.palette.secretRef.namespace"}},
		"a Secret without a name":   {func(o *S) { o.Spec.Integrations.Palette.SecretRef.Name = "" }, []string{"Required value: spec.integrations.palette.secretRef.name"}},
		"the integration's own key": {func(o *S) { o.Spec.Integrations.Palette.SecretRef.Key = "" }, nil},
		"a key that no Secret has":  {func(o *S) { o.Spec.Integrations.Palette.SecretRef.Key = "a/b" }, []string{"Invalid value: spec.integrations.palette.secretRef.key"}},
		"a key that is a path":      {func(o *S) { o.Spec.Integrations.HuggingFace.SecretRef.Key = ".." }, []string{"Invalid value: spec.integrations.huggingFace.secretRef.key"}},

		"a URL of an address":          {url("https://10.0.0.1/x"), nil},
		"a URL without TLS":            {url("http://palette.example.com"), host},
		"a file":                       {url("file:///etc/passwd"), host},
		"a host, no URL":               {url("palette.example.com"), host},
		"a URL of no host":             {url("https:///x"), host},
		"a URL of a port alone":        {url("https://:443"), host},
		"a URL that is a script":       {url("javascript:alert(1)"), host},
		"a URL with a password":        {url("https://ann:secret@palette.example.com"), host},
		"a URL with a query":           {url("https://palette.example.com?token=secret"), host},
		"a URL with a fragment":        {url("https://palette.example.com#x"), host},
		"a URL of two lines":           {url("https://palette.example.com\nX: y"), host},
		"a URL that is too long":       {url("https://" + strings.Repeat("a", 2048)), []string{"Too long: spec.integrations.palette.hostURL"}},
		"the longest, not in ASCII":    {url("http://" + strings.Repeat("ö", 2041)), host},
		"a hub without TLS":            {func(o *S) { o.Spec.Integrations.HuggingFace.Endpoint = "http://hub" }, []string{"Invalid value: spec.integrations.huggingFace.endpoint"}},
		"an organization of two lines": {func(o *S) { o.Spec.Integrations.NVIDIANGC.Organization = "a\nb" }, []string{"Invalid value: spec.integrations.nvidiaNGC.organization"}},
		"a team that is too long":      {func(o *S) { o.Spec.Integrations.NVIDIANGC.Team = strings.Repeat("a", 254) }, []string{"Too long: spec.integrations.nvidiaNGC.team"}},
		"a tenant of two lines":        {func(o *S) { o.Spec.Integrations.Palette.Tenant = "a\nb" }, []string{"Invalid value: spec.integrations.palette.tenant"}},
		"a project of two lines":       {func(o *S) { o.Spec.Integrations.Palette.DefaultProjectID = "a\nb" }, []string{"Invalid value: spec.integrations.palette.defaultProjectID"}},
	} {
		t.Run(what, func(t *testing.T) {
			assert.ElementsMatch(t, tc.want, said(create(t, settings(tc.change))))
		})
	}
}

// foreign is what is said where no Secret is of the Settings' own namespace.
var foreign = []string{"Invalid value: spec.integrations.palette.secretRef.namespace",
	"Invalid value: spec.integrations.huggingFace.secretRef.namespace", "Invalid value: spec.integrations.nvidiaNGC.secretRef.namespace"}

func TestAnAnswerAboutSettingsRepeatsNoPassword(t *testing.T) {
	for _, url := range []string{"https://ann:secret@example.com", "http://ann:secret@example.com", "https://ann:secret@exa mple.com", "ftp://ann:secret@/"} {
		errs := create(t, settings(func(o *spectrocloud.Settings) { o.Spec.Integrations.Palette.HostURL = url }))
		assert.NotEmpty(t, errs, url)
		assert.NotContains(t, errs.ToAggregate().Error(), "secret@", url)
	}
}

func TestAComputeConfigThatBreaksARuleIsRefusedByTheFieldThatDoes(t *testing.T) {
	type (
		C = spectrocloud.ComputeConfig
		D = spectrocloud.PaletteClusterDefaults
	)
	const defaults = "spec.paletteClusterConfig.defaults"
	of := func(change func(*D)) func(*C) { return func(o *C) { change(&o.Spec.PaletteClusterConfig.Defaults) } }
	ntp := func(host string) func(*C) { return of(func(d *D) { d.Edge.NTPServers[1] = host }) }
	cidr := func(cidr string) func(*C) { return of(func(d *D) { d.Edge.NetworkOverlayConfig.CIDR = cidr }) }
	badNTP, badCIDR := []string{"Invalid value: " + defaults + ".edge.ntpServers[1]"}, []string{"Invalid value: " + defaults + ".edge.networkOverlayConfig.cidr"}
	for what, tc := range map[string]struct {
		change func(*C)
		want   []string
	}{
		"as it should be":        {nil, nil},
		"nothing but the least":  {of(func(d *D) { *d = D{ControlPlanePool: spectrocloud.ControlPlanePool{NodeCount: 1}} }), nil},
		"a name with a dot":      {func(o *C) { o.Name = "a.b" }, nil},
		"a name in capitals":     {func(o *C) { o.Name = "A" }, []string{"Invalid value: metadata.name"}},
		"no nodes":               {of(func(d *D) { d.ControlPlanePool.NodeCount = 0 }), []string{"Invalid value: " + defaults + ".controlPlanePool.nodeCount"}},
		"four nodes":             {of(func(d *D) { d.ControlPlanePool.NodeCount = 4 }), []string{"Invalid value: " + defaults + ".controlPlanePool.nodeCount"}},
		"five":                   {of(func(d *D) { d.ControlPlanePool.NodeCount = 5 }), nil},
		"a taint without a key":  {of(func(d *D) { d.ControlPlanePool.Taints[0].Key = "" }), []string{"Required value: " + defaults + ".controlPlanePool.taints[0].key"}},
		"two pools of one name":  {of(func(d *D) { d.WorkerPools[0].Name = "gpu-pool" }), []string{"Duplicate value: " + defaults + ".workerPools[1]"}},
		"65 pools":               {of(func(d *D) { d.WorkerPools = pools(65) }), []string{"Too many: " + defaults + ".workerPools"}},
		"GPUs by Default":        {of(func(d *D) { d.WorkerPools[1].GPU.Family = "default" }), []string{"Invalid value: " + defaults + ".workerPools[1].gpu.family"}},
		"two lines as one key":   {of(func(d *D) { d.SSHKeys = []string{"a\nb"} }), []string{"Invalid value: " + defaults + ".sshKeys[0]"}},
		"a key twice":            {of(func(d *D) { d.SSHKeys = []string{"a", "a"} }), []string{"Duplicate value: " + defaults + ".sshKeys[1]"}},
		"no time server":         {ntp(""), []string{"Too short: " + defaults + ".edge.ntpServers[1]"}},
		"a time server twice":    {ntp("ntp.example.com"), []string{"Duplicate value: " + defaults + ".edge.ntpServers[1]"}},
		"a time server's URL":    {ntp("ntp://a"), badNTP},
		"one with a port":        {ntp("a:123"), badNTP},
		"one in two lines":       {ntp("a\nb"), badNTP},
		"65 of them":             {of(func(d *D) { d.Edge.NTPServers = groups(65) }), []string{"Too many: " + defaults + ".edge.ntpServers"}},
		"a network of version 6": {cidr("fd00::/64"), nil},
		"an address, no network": {cidr("10.0.0.1"), badCIDR},
		"too large a mask":       {cidr("10.0.0.0/33"), badCIDR},
		"an overlay of nothing":  {cidr(""), []string{"Required value: " + defaults + ".edge.networkOverlayConfig.cidr"}},
		"no overlay": {of(func(d *D) {
			d.Edge.NetworkOverlayConfig.Enabled, d.Edge.NetworkOverlayConfig.CIDR = false, ""
		}), nil},
		"another overlay": {of(func(d *D) { d.Edge.NetworkOverlayConfig.OverlayNetworkType = "GRE" }),
			[]string{"Unsupported value: " + defaults + ".edge.networkOverlayConfig.overlayNetworkType"}},
	} {
		t.Run(what, func(t *testing.T) {
			assert.ElementsMatch(t, tc.want, said(create(t, computeConfig(tc.change))))
		})
	}
}
