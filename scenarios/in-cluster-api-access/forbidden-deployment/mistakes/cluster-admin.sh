kubectl create clusterrolebinding api-client --clusterrole=cluster-admin --serviceaccount=@{namespace}:default
