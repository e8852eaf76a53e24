cat > "$KUBEDRILL_ANSWERS"/subjects.txt <<'END'
User/@{user}
ServiceAccount/@{namespace}/@{account}
ServiceAccount/@{other}/@{robot}
END
cat > "$KUBEDRILL_ANSWERS"/bindings.txt <<'END'
RoleBinding/@{cleaning}
ClusterRoleBinding/@{robots}
END
