# The API server itself says what it makes of a token.
token=$(kubectl exec @{program} -n @{namespace} -- cat /var/run/secrets/kubernetes.io/serviceaccount/token)
review() {
  kubectl create -o jsonpath="$1" -f - <<MANIFEST
apiVersion: authentication.k8s.io/v1
kind: TokenReview
metadata:
  name: "@{program}"
spec:
  token: $token
MANIFEST
}
review '{.status.user.username}' > "$KUBEDRILL_ANSWERS"/user.txt
review '{.status.audiences[0]}' > "$KUBEDRILL_ANSWERS"/issuer.txt
review '{.status.user.extra.authentication\.kubernetes\.io/pod-uid[0]}' > "$KUBEDRILL_ANSWERS"/pod-uid.txt
