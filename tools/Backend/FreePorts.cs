using System.Net;
using System.Net.Sockets;

namespace DePin.Tools.Backend;

/// <summary>Ports of this machine.</summary>
internal static class FreePorts
{
    /// <summary>The wished port where it is free, else 0 (the backend then takes any), and says so.</summary>
    public static int WishOrAny(int wished, string purpose, IPAddress address, TextWriter notices)
    {
        if (wished <= 0 || IsFree(wished, address))
        {
            return wished;
        }

        notices.WriteLine($"Port {wished} ({purpose}) is in use; another free one is taken.");
        return 0;
    }

    /// <summary>A port of loopback that is free now, for a program that has to be told one.</summary>
    public static int Any()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    private static bool IsFree(int port, IPAddress address)
    {
        using var listener = new TcpListener(address, port);
        try
        {
            listener.Start();
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }
}
