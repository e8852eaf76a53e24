kubectl patch @{singular} @{object} -n @{namespace} --subresource=status --type=merge -p '{"status":{"deployments":1}}'
