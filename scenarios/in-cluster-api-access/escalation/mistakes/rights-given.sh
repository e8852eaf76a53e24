kubectl create rolebinding nora-watches -n @{namespace} --clusterrole=node-watcher-lite --user=nora
