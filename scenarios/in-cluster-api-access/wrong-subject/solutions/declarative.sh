kubectl replace -f - <<'MANIFEST'
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata:
  name: stock-sync
  namespace: "@{namespace}"
roleRef:
  apiGroup: rbac.authorization.k8s.io
  kind: Role
  name: config-reader
subjects:
  - kind: ServiceAccount
    name: stock-sync
    namespace: "@{namespace}"
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata:
  name: price-sync
  namespace: "@{namespace}"
roleRef:
  apiGroup: rbac.authorization.k8s.io
  kind: Role
  name: config-reader
subjects:
  - kind: ServiceAccount
    name: price-sync
    namespace: "@{namespace}"
MANIFEST
