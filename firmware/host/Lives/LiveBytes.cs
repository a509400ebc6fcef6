using System.Reflection;
using System.Runtime.CompilerServices;

namespace DePin.Host.Lives;

/// <summary>
/// What the objects of the node core take, found by following every field from a root: a header of 16 bytes and 8 for a
/// reference, as on a 64-bit machine; a board takes about half. Hardware, which is the host's here, is not followed.
/// </summary>
public static class LiveBytes
{
    private const int Header = 16;
    private const int Reference = 8;
    private static readonly Assembly[] Core = [typeof(DePin.Node.Node).Assembly, typeof(DePin.Contracts.Topics).Assembly];

    /// <summary>Bytes reachable from the root.</summary>
    public static long Of(object root)
    {
        var seen = new HashSet<object>(ReferenceEqualityComparer.Instance);
        var open = new Stack<object>([root]);
        long bytes = 0;
        while (open.TryPop(out object? next))
        {
            if (seen.Add(next))
            {
                bytes += Size(next, open);
            }
        }

        return bytes;
    }

    private static long Size(object item, Stack<object> open)
    {
        Type type = item.GetType();
        if (item is string text)
        {
            return Header + 4 + (2L * text.Length);
        }

        if (item is Array array)
        {
            Type element = type.GetElementType()!;
            if (!element.IsValueType)
            {
                foreach (object? one in array)
                {
                    Follow(one, open);
                }
            }

            return Header + 8 + ((long)array.Length * (element.IsValueType ? SizeOf(element) : Reference));
        }

        long bytes = Header;
        for (Type? at = type; at is not null && at != typeof(object); at = at.BaseType)
        {
            foreach (FieldInfo field in at.GetFields(BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.DeclaredOnly))
            {
                bytes += field.FieldType.IsValueType ? SizeOf(field.FieldType) : Reference;
                if (!field.FieldType.IsValueType)
                {
                    Follow(field.GetValue(item), open);
                }
            }
        }

        return bytes;
    }

    private static void Follow(object? item, Stack<object> open)
    {
        if (item is not null && (item is Array or string or System.Collections.ArrayList or System.Collections.Hashtable || Core.Contains(item.GetType().Assembly)))
        {
            open.Push(item);
        }
    }

    private static int SizeOf(Type type) =>
        (int)typeof(Unsafe).GetMethod(nameof(Unsafe.SizeOf))!.MakeGenericMethod(type).Invoke(null, null)!;
}
