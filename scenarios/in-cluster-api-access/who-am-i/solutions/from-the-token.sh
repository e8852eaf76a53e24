claims() {
  # base64url, without its padding
  text=$(kubectl exec courier -n @{namespace} -- cat /var/run/secrets/kubernetes.io/serviceaccount/token | cut -d. -f2 | tr _- /+)
  while [ $((${#text} % 4)) -ne 0 ]; do text="$text="; done
  printf %s "$text" | base64 -d
}
claims | sed 's/.*"sub":"\([^"]*\)".*/\1/' > "$KUBEDRILL_ANSWERS"/user.txt
claims | sed 's/.*"iss":"\([^"]*\)".*/\1/' > "$KUBEDRILL_ANSWERS"/issuer.txt
claims | sed 's/.*"pod":{[^}]*"uid":"\([^"]*\)".*/\1/' > "$KUBEDRILL_ANSWERS"/pod-uid.txt
