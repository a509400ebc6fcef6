// Stand-ins for the board's network: simulated. M2Mqtt behaves as it was measured: events on threads of its own, also late ones;
// no ConnectionClosed on Disconnect; a silent server throws; the inbox is unbounded.
using System;
using System.Collections;
using System.Security.Cryptography.X509Certificates;
using System.Threading;

namespace System.Device.Wifi
{
    public enum WifiReconnectionKind
    {
        Automatic,
    }
}

namespace nanoFramework.Networking
{
    public enum NetworkHelperStatus
    {
        None,
        NetworkIsReady,
    }

    public static class WifiNetworkHelper
    {
        public static NetworkHelperStatus Status { get; set; }

        /// <summary>Whether a network answers, by its name; may throw.</summary>
        public static Func<string, bool> Answers { get; set; } = _ => true;

        public static bool ConnectDhcp(string ssid, string password, System.Device.Wifi.WifiReconnectionKind kind, bool requiresDateTime, int adapter, CancellationToken token)
        {
            bool isReady = Answers(ssid);
            Status = isReady ? NetworkHelperStatus.NetworkIsReady : NetworkHelperStatus.None;
            return isReady;
        }

        public static void Disconnect()
        {
            Status = NetworkHelperStatus.None;
        }
    }

    public static class Sntp
    {
        public static void Start()
        {
        }
    }
}

namespace nanoFramework.M2Mqtt.Messages
{
    public enum MqttQoSLevel
    {
        AtMostOnce,
        AtLeastOnce,
    }

    public enum MqttReasonCode
    {
        Success = 0,
        NotAuthorized = 135,
    }

    public class MqttMsgPublishEventArgs : EventArgs
    {
        public MqttMsgPublishEventArgs(string topic, byte[] message)
        {
            Topic = topic;
            Message = message;
        }

        public string Topic { get; }

        public byte[] Message { get; }
    }
}

namespace nanoFramework.M2Mqtt
{
    using nanoFramework.M2Mqtt.Messages;

    public enum MqttSslProtocols
    {
        TLSv1_2 = 4,
    }

    /// <summary>What a test makes of the far end.</summary>
    public interface IFarEnd
    {
        /// <summary>Answers a login, or throws as a socket does.</summary>
        MqttReasonCode LogIn(MqttClient client, string user, string password);

        /// <summary>Takes a message, or throws.</summary>
        void Take(string topic, byte[] message, MqttQoSLevel level);
    }

    public class MqttClient
    {
        private readonly IFarEnd _farEnd;

        public MqttClient(string host, int port, bool secure, X509Certificate? authority, X509Certificate? own, MqttSslProtocols protocols)
        {
            Host = host;
            _farEnd = FarEnds[host];
        }

        /// <summary>Far ends by the name of the host, so that tests beside each other do not meet.</summary>
        public static System.Collections.Concurrent.ConcurrentDictionary<string, IFarEnd> FarEnds { get; } = new System.Collections.Concurrent.ConcurrentDictionary<string, IFarEnd>();

        public delegate void MqttMsgPublishEventHandler(object sender, MqttMsgPublishEventArgs e);

        public delegate void ConnectionClosedEventHandler(object sender, EventArgs e);

        public event MqttMsgPublishEventHandler? MqttMsgPublishReceived;

        public event ConnectionClosedEventHandler? ConnectionClosed;

        public string Host { get; }

        public bool IsConnected { get; private set; }

        public ArrayList Subscribed { get; } = new ArrayList();

        public MqttReasonCode Connect(string id, string user, string password, bool willRetain, MqttQoSLevel willQos, bool willFlag, string? willTopic, string? willMessage, bool clean, ushort keepAlive)
        {
            if (willFlag && string.IsNullOrEmpty(willMessage))
            {
                throw new ArgumentException("an empty will");
            }

            MqttReasonCode code = _farEnd.LogIn(this, user, password);
            IsConnected = code == MqttReasonCode.Success;
            return code;
        }

        public ushort Subscribe(string[] topics, MqttQoSLevel[] levels)
        {
            Subscribed.AddRange(topics);
            return 1;
        }

        public ushort Publish(string topic, byte[] message, string? contentType, ArrayList? userProperties, MqttQoSLevel level, bool retain)
        {
            _farEnd.Take(topic, message, level);
            return 1;
        }

        public void Disconnect()
        {
            IsConnected = false;
        }

        public void Close()
        {
        }

        /// <summary>A message comes in on a thread of the client's own.</summary>
        public void Deliver(string topic, byte[] message)
        {
            MqttMsgPublishEventHandler? handler = MqttMsgPublishReceived;
            Thread thread = new Thread(() => handler?.Invoke(this, new MqttMsgPublishEventArgs(topic, message)));
            thread.Start();
            thread.Join();
        }

        /// <summary>The far end goes away.</summary>
        public void Break()
        {
            IsConnected = false;
            ConnectionClosedEventHandler? handler = ConnectionClosed;
            Thread thread = new Thread(() => handler?.Invoke(this, EventArgs.Empty));
            thread.Start();
            thread.Join();
        }

        /// <summary>The handlers as they are now, to be called when the client is long abandoned.</summary>
        public Action<string, byte[]> LateDelivery()
        {
            MqttMsgPublishEventHandler? handler = MqttMsgPublishReceived;
            return (topic, message) => handler?.Invoke(this, new MqttMsgPublishEventArgs(topic, message));
        }
    }
}
