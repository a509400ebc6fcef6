using System;
using System.Collections;
using System.Security.Cryptography.X509Certificates;
using System.Threading;
using DePin.Node.Uplink;
using nanoFramework.M2Mqtt;
using nanoFramework.M2Mqtt.Messages;

namespace DePin.Node.Esp32
{
    /// <summary>
    /// The uplink on M2Mqtt over TLS. Connecting blocks, so it has a thread of its own; events come on the client's threads and
    /// are only queued here. What an abandoned client still says is not heard. Batches go out at QoS 0: M2Mqtt resends QoS 1
    /// after a second and gives up after three, and the receipt is the acknowledgement anyway. M2Mqtt's will is text and ours is
    /// not, so there is none: the gateway sees the connection end.
    /// </summary>
    public sealed class M2MqttUplink : IUplink
    {
        private const int KeepAliveSeconds = 60;
        private const int LargestMessages = 16;
        private readonly string _host;
        private readonly int _port;
        private readonly byte[] _authority;
        private readonly object _lock = new object();
        private readonly Queue _inbox = new Queue();
        private MqttClient? _client;
        private string _nodeId = "";
        private string _password = "";
        private int _state;

        /// <param name="host">Name or address of the gateway.</param>
        /// <param name="port">Its TLS port.</param>
        /// <param name="authority">The only certificate authority that is trusted, PEM or DER.</param>
        public M2MqttUplink(string host, int port, byte[] authority)
        {
            _host = host;
            _port = port;
            _authority = authority;
        }

        /// <inheritdoc />
        public int State { get { return _state; } }

        /// <summary>Whether there is a network to connect over; without one every attempt ends at once.</summary>
        public bool HasNetwork { get; set; } = true;

        /// <summary>Messages dropped because the node took none for too long; it asks again.</summary>
        public int Dropped { get; private set; }

        /// <inheritdoc />
        public void Connect(string nodeId, string password, string willTopic, byte[] will)
        {
            if (!HasNetwork)
            {
                return;
            }

            _nodeId = nodeId;
            _password = password;
            lock (_lock)
            {
                _inbox.Clear();
                _state = UplinkState.Connecting;
            }

            new Thread(Open).Start();
        }

        /// <inheritdoc />
        public void Subscribe(string topic)
        {
            MqttClient? client = _client;
            if (client == null)
            {
                return;
            }

            try
            {
                client.Subscribe(new string[] { topic }, new MqttQoSLevel[] { MqttQoSLevel.AtLeastOnce });
            }
            catch (Exception)
            {
                // Whatever M2Mqtt or the socket throws: the link is gone, and the state says so.
                Fail(client);
            }
        }

        /// <inheritdoc />
        public bool Publish(string topic, byte[] payload, int qos)
        {
            MqttClient? client = _client;
            if (client == null || _state != UplinkState.Up)
            {
                return false;
            }

            try
            {
                client.Publish(topic, payload, null, null, MqttQoSLevel.AtMostOnce, false);
                return true;
            }
            catch (Exception)
            {
                Fail(client);
                return false;
            }
        }

        /// <inheritdoc />
        public Downlinked? Receive()
        {
            lock (_lock)
            {
                return _inbox.Count == 0 ? null : (Downlinked)_inbox.Dequeue()!;
            }
        }

        /// <inheritdoc />
        public void Close()
        {
            MqttClient? client = _client;
            _client = null;
            _state = UplinkState.Down;
            if (client != null)
            {
                Release(client);
            }
        }

        private void Open()
        {
            MqttClient? client = null;
            try
            {
                client = new MqttClient(_host, _port, true, new X509Certificate(_authority), null, MqttSslProtocols.TLSv1_2);
                client.MqttMsgPublishReceived += Received;
                client.ConnectionClosed += Closed;
                _client = client;
                MqttReasonCode code = client.Connect(_nodeId, _nodeId, _password, false, MqttQoSLevel.AtMostOnce, false, null, null, true, KeepAliveSeconds);
                if (_client != client)
                {
                    // Given up meanwhile.
                    Release(client);
                }
                else if (code == MqttReasonCode.Success)
                {
                    _state = UplinkState.Up;
                }
                else
                {
                    Console.WriteLine("The gateway refused the login with code " + (int)code + ".");
                    Fail(client);
                }
            }
            catch (Exception problem)
            {
                // No network, a certificate of another authority, a server that is silent: all end here.
                Console.WriteLine("The gateway cannot be reached: " + problem.Message);
                Fail(client);
            }
        }

        private void Received(object sender, MqttMsgPublishEventArgs message)
        {
            lock (_lock)
            {
                if (sender != _client)
                {
                    return;
                }

                if (_inbox.Count >= LargestMessages)
                {
                    Dropped++;
                    return;
                }

                _inbox.Enqueue(new Downlinked(message.Topic, message.Message));
            }
        }

        private void Closed(object sender, EventArgs nothing)
        {
            if (sender == _client)
            {
                Fail(_client);
            }
        }

        private void Fail(MqttClient? client)
        {
            if (client == _client)
            {
                _client = null;
                _state = UplinkState.Down;
            }

            if (client != null)
            {
                Release(client);
            }
        }

        private void Release(MqttClient client)
        {
            client.MqttMsgPublishReceived -= Received;
            client.ConnectionClosed -= Closed;
            try
            {
                if (client.IsConnected)
                {
                    client.Disconnect();
                }

                client.Close();
            }
            catch (Exception problem)
            {
                // It was broken already; its memory goes with it.
                Console.WriteLine("Closing the link: " + problem.Message);
            }
        }
    }
}
