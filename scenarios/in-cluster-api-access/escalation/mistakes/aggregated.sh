kubectl label clusterrole node-watcher-lite rbac.authorization.k8s.io/aggregate-to-admin=true
