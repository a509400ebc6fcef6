using System.Collections.Concurrent;
using System.Reflection;
using System.Runtime.Loader;
using System.Security.Cryptography;

namespace DePin.Host.Bundles;

/// <summary>
/// Loads bundles, each into a context of its own, once for all nodes that run the same bytes: the node core has no static state.
/// Like a board, a process never unloads one.
/// </summary>
internal static class BundleAssemblies
{
    private static readonly ConcurrentDictionary<string, Lazy<Func<IVirtualBoard, IRunningNode>>> Loaded = new(StringComparer.Ordinal);

    /// <summary>What starts a node of this bundle.</summary>
    /// <exception cref="BadImageFormatException">The bytes are no assembly.</exception>
    /// <exception cref="TypeLoadException">It is none of a node for virtual boards.</exception>
    public static Func<IVirtualBoard, IRunningNode> Entry(byte[] bundle)
    {
        string hash = Convert.ToHexString(SHA256.HashData(bundle));
        return Loaded.GetOrAdd(hash, _ => new Lazy<Func<IVirtualBoard, IRunningNode>>(() => Load(bundle))).Value;
    }

    private static Func<IVirtualBoard, IRunningNode> Load(byte[] bundle)
    {
        Assembly assembly = new BundleContext().LoadFromStream(new MemoryStream(bundle));
        Type type = assembly.GetType(typeof(BundleEntry).FullName!) ?? throw new TypeLoadException($"{assembly.GetName().Name} has no {typeof(BundleEntry).FullName}: it is no bundle for virtual nodes.");
        MethodInfo start = type.GetMethod(nameof(BundleEntry.Start), BindingFlags.Static | BindingFlags.Public) ?? throw new TypeLoadException($"{type.FullName} has no {nameof(BundleEntry.Start)}.");
        return start.CreateDelegate<Func<IVirtualBoard, IRunningNode>>();
    }

    private sealed class BundleContext() : AssemblyLoadContext("bundle", isCollectible: false)
    {
        // The two interfaces are this program's own; all the rest is in the bundle or the platform.
        protected override Assembly? Load(AssemblyName assemblyName) =>
            assemblyName.Name == typeof(IVirtualBoard).Assembly.GetName().Name ? typeof(IVirtualBoard).Assembly : null;
    }
}
