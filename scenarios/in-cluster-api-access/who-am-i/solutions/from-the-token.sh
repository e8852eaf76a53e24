# base64url, without its padding
text=$(kubectl exec @{program} -n @{namespace} -- cat /var/run/secrets/kubernetes.io/serviceaccount/token | cut -d. -f2 | tr _- /+)
while [ $((${#text} % 4)) -ne 0 ]; do text="$text="; done
claims=$(printf %s "$text" | base64 -d)
# What stands in the quotes after a text.
after() {
  rest=${claims#*"$1"}
  printf %s "${rest%%\"*}"
}
after '"sub":"' > "$KUBEDRILL_ANSWERS"/user.txt
after '"iss":"' > "$KUBEDRILL_ANSWERS"/issuer.txt
claims=${claims#*'"pod":{'}
after '"uid":"' > "$KUBEDRILL_ANSWERS"/pod-uid.txt
