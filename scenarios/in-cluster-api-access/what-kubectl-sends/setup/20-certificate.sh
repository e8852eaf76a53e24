# The certificate of whoever sets this up: all clusters have one, and no machine needs a tool to make another.
field() {
  kubectl config view --raw --minify --flatten -o jsonpath="{.users[0].user.$1}"
}
certificate=$(field client-certificate-data)
if [ -z "$certificate" ]; then
  echo "the kubeconfig of this cluster has no client certificate: this scenario can't be set up on it" >&2
  exit 1
fi
kubectl apply -f - <<MANIFEST
apiVersion: v1
kind: Secret
metadata:
  name: "@{program}-certificate"
  namespace: "@{namespace}"
type: kubernetes.io/tls
data:
  tls.crt: $certificate
  tls.key: $(field client-key-data)
MANIFEST
