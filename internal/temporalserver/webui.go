//go:build !slim

package temporalserver

import (
	"context"
	"fmt"
	"net/http"
	"net/netip"

	uiserver "github.com/temporalio/ui-server/v2/server"
	uiconfig "github.com/temporalio/ui-server/v2/server/config"
	uioptions "github.com/temporalio/ui-server/v2/server/server_options"
)

// webUI is Temporal's web UI.
type webUI struct {
	server *uiserver.Server
	url    string
}

// startWebUI serves the web UI on the reserved address and returns once it
// answers.
func startWebUI(ctx context.Context, at *reservation, frontend netip.AddrPort, namespace string) (*webUI, error) {
	host := at.address.Addr().String()
	if at.address.Addr().Is6() {
		host = "[" + host + "]" // the web UI appends ":port" to it
	}
	ui := &webUI{
		url: "http://" + at.address.String(),
		server: uiserver.NewServer(uioptions.WithConfigProvider(&uiconfig.Config{
			Host:                host,
			Port:                int(at.address.Port()),
			TemporalGRPCAddress: frontend.String(),
			DefaultNamespace:    namespace,
			EnableUI:            true,
			HideLogs:            true,
			DisableNewsFetch:    true,
			// Without TLS a browser returns only cookies that do not ask for it.
			CORS: uiconfig.CORS{CookieInsecure: true},
		})),
	}
	at.release()
	go func() {
		// Start blocks until stop, and returns nothing but nil: when it cannot
		// listen it ends the process, which is why the address was reserved.
		_ = ui.server.Start()
	}()
	if err := retry(ctx, ui.check); err != nil {
		ui.server.Stop()
		return nil, fmt.Errorf("start Temporal's web UI on %s: %w", at.address, err)
	}
	return ui, nil
}

// check asks for the web UI's own health page.
func (ui *webUI) check(ctx context.Context) error {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, ui.url+"/healthz", http.NoBody)
	if err != nil {
		return err
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return err
	}
	if err := response.Body.Close(); err != nil {
		return err
	}
	if response.StatusCode != http.StatusOK {
		return fmt.Errorf("health page answers %s", response.Status)
	}
	return nil
}
